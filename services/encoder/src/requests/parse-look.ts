import { InputError, PreconditionError, parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { type ParsedObjective, parseDraws, parseIndex, parseObjective, parseStep } from '@parallax/messages';
import type { Objective } from '@parallax/proto/parallax/objective/v1/objective';
import type { Tensor, WireTensor } from '@parallax/tensor';
import type { OpenedScene } from './open-scene.ts';

/** A request to look at images. */
export interface GivenLook {
  readonly images: WireTensor | undefined;
  readonly restart: number;
  readonly step: number;
  readonly draws: number;
}

/** Where to look, and how often; what besides the samples keys the randomness. */
export interface ParsedLook {
  /** [N,C,H,W] */
  readonly images: Tensor<'float32'>;
  readonly restart: number;
  readonly step: number;
  /** Looks averaged, ≥ 1. */
  readonly draws: number;
}

/** @throws InputError naming every field that is wrong. */
export function parseLook(
  given: GivenLook,
  expected: { readonly shape: readonly number[]; readonly count?: number },
): ParsedLook {
  return parseAll({
    images: () => parsePoints(given, expected),
    restart: () => parseIndex(given.restart, 'restart'),
    step: () => parseStep(given.step),
    draws: () => parseDraws(given.draws, 'draws') ?? 1,
  });
}

/** Where to look. Between two images there are more than 256 levels: only FP32 can say where. */
function parsePoints(
  { images }: GivenLook,
  expected: { readonly shape: readonly number[]; readonly count?: number },
): Tensor<'float32'> {
  if (images?.datatype !== 'UINT8') return parseImages(images, { field: 'images', ...expected });
  throw new InputError([{ field: 'images.datatype', expected: 'FP32', got: '"UINT8"' }]);
}

/** @throws InputError when there is no objective, or it is malformed. */
export function parseRequiredObjective(objective: Objective | undefined): ParsedObjective {
  if (objective !== undefined) return parseObjective(objective);
  throw new InputError([{ field: 'objective', expected: 'an objective', got: 'nothing' }]);
}

/** @throws PreconditionError (PART_MISSING) when logits are wanted and there is no head. */
export function assertLogits({ judge, encoder }: OpenedScene, withLogits: boolean): void {
  if (!withLogits || judge !== undefined) return;
  const alternative = 'name a head, or do without logits';
  throw new PreconditionError(`with_logits: encoder ${encoder.name} has no head of its own; ${alternative}`, {
    reason: 'PART_MISSING',
    facts: { part: 'classify', alternative },
  });
}
