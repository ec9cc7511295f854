import type { ParsedObjective } from '@parallax/messages';
import { createObjective, type Objective, type ObjectiveSpec, type TracedEncoder } from '@parallax/objectives';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { canonicalJson } from '@parallax/store';
import type { EncoderLibrary, ServedEncoder, ServedHead } from '../encoders/encoder-library.ts';
import { parseHead } from './parse-head.ts';

/** An encoder with an objective, and with the heads that both name. */
export interface OpenedScene {
  readonly encoder: ServedEncoder;
  readonly objective: Objective;
  /** The encoder with the head that the objective goes through. */
  readonly attacked: TracedEncoder;
  /** The encoder with the head that says which class an image is; absent without any head. */
  readonly judge: TracedEncoder | undefined;
  /** Classes of the judge's head. */
  readonly classes: number | undefined;
  /** Tells everything apart that graphs are made from. */
  readonly key: string;
}

/**
 * Finds the heads. The objective uses the one it names, else that of the request, else the encoder's own.
 * @throws as `EncoderLibrary.openHead`.
 */
export async function openScene(
  library: EncoderLibrary,
  encoder: ServedEncoder,
  { spec, head: named }: ParsedObjective,
  requested: HeadRef | undefined,
): Promise<OpenedScene> {
  const hasHead = requested !== undefined || encoder.traced.classify !== undefined;
  const judging = hasHead ? await library.openHead(encoder, parseHead(requested)) : undefined;
  const field = 'objective.head';
  const own = named === undefined ? judging : await library.openHead(encoder, parseHead(named, field), field);
  const attacked = withHead(encoder, own);
  const judge = judging?.key === own?.key ? attacked : withHead(encoder, judging);
  return {
    encoder,
    objective: createObjective(spec),
    attacked,
    judge: judge.classify === undefined ? undefined : judge,
    classes: (judging ?? own)?.classes,
    key: keyOf(encoder, spec, [own, judging]),
  };
}

function withHead({ traced }: ServedEncoder, head: ServedHead | undefined): TracedEncoder {
  const { classify: _, ...headless } = traced;
  return head === undefined ? headless : { ...headless, classify: head.classify };
}

function keyOf(
  { bundleDigest }: ServedEncoder,
  spec: ObjectiveSpec,
  heads: readonly (ServedHead | undefined)[],
): string {
  return canonicalJson({
    bundle: bundleDigest,
    objective: { ...spec },
    heads: heads.map((head) => head?.key ?? 'none'),
  });
}
