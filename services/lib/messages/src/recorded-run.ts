import type {
  Budget,
  OptionValue,
  PixelGrid as PixelGridName,
  Selection as SelectionName,
  VerdictRule as VerdictRuleName,
} from '@parallax/attacks';
import type { ObjectiveSpec } from '@parallax/objectives';
import { AttackRunSpec, AttackSource, TargetRule } from '@parallax/proto/parallax/attack/v1/attack_run';
import {
  AttackSpec,
  PixelGrid,
  Placement,
  Selection,
  VerdictRule,
} from '@parallax/proto/parallax/attack/v1/attack_spec';
import { EncoderRef, type HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Objective } from '@parallax/proto/parallax/objective/v1/objective';
import { customCascade, normMessages } from './attack-spec.ts';
import type { EncoderIdentity } from './encoder-identity.ts';
import { objectiveMessage } from './objective.ts';
import { optionValueMessages } from './options.ts';
import { paradigmMessages } from './paradigms.ts';

/** The head that is the encoder's own, in place of a digest. */
export const ownHead = 'own';

/** One attack with its settings. */
export interface RecordedStage {
  readonly attack: string;
  /** All of them, defaults filled in. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly objective: ObjectiveSpec;
  /** Digest of the head that makes its logits, where it names one of its own. */
  readonly objectiveHead?: string;
}

/** An encoder that was attacked. */
export interface RecordedEncoder extends EncoderIdentity {
  /** The head that judges: a digest, or `own`. */
  readonly head: string;
  /** Of one of several: in the sum. */
  readonly weight?: number;
  /** Of one of several, unless the attack is a cascade. */
  readonly objective?: ObjectiveSpec;
  readonly objectiveHead?: string;
}

/** Everything it takes to do an attack run again, as plain JSON: nothing here depends on how the samples were batched. */
export interface RecordedRun {
  /** Encoders attacked together: a sample is broken when every head is wrong. */
  readonly encoders: readonly RecordedEncoder[];
  /** The images, by name and by content. */
  readonly dataset: { readonly name: string; readonly sha256: string; readonly samples: number };
  readonly attack: string;
  /** Of a single attack: all of them, defaults filled in. */
  readonly options?: RecordedStage['options'];
  /** Of a single attack on a single encoder. */
  readonly objective?: ObjectiveSpec;
  readonly objectiveHead?: string;
  /** Of a cascade. */
  readonly stages?: readonly RecordedStage[];
  /**
   * Next to the weights, which is what is meant when it is absent, or from elsewhere: the images are the same, the passes may
   * be counted otherwise.
   */
  readonly placement?: 'near' | 'far';
  readonly budget: Budget;
  /** How the classes were chosen that samples were pushed toward; absent where there were none. */
  readonly targets?: keyof typeof targetRules;
  readonly selection: SelectionName;
  /** Draws averaged in a gradient and in a look without one, and draws that decide a verdict. */
  readonly draws: { readonly gradient: number; readonly acceptance: number; readonly verdict: number };
  readonly verdictRule: VerdictRuleName;
  /** Images that the attack may look at and return. */
  readonly pixelGrid: PixelGridName;
  /** As a text: it may be larger than JSON numbers are exact. */
  readonly seed: string;
}

const selections: { readonly [S in SelectionName]: Selection } = {
  verdict: Selection.VERDICT,
  distance: Selection.DISTANCE,
  transfer: Selection.TRANSFER,
};

const targetRules = {
  listed: TargetRule.LISTED,
  leastLikely: TargetRule.LEAST_LIKELY,
  random: TargetRule.RANDOM,
} as const;

/**
 * The same run, to be asked for again. A named cascade brings its stages itself; targets that were listed are those of the
 * records, one a sample.
 */
export function attackRunSpec(run: RecordedRun, targets: readonly number[] = []): AttackRunSpec {
  const { encoders, dataset, attack, placement, budget, selection } = run;
  const { draws, verdictRule, pixelGrid, seed } = run;
  const stages = attack === customCascade ? (run.stages ?? []) : [];
  return {
    ...AttackRunSpec.create({ dataset: { name: dataset.name }, seed: BigInt(seed) }),
    targetRule: run.targets === undefined ? TargetRule.UNSPECIFIED : targetRules[run.targets],
    targets: run.targets === 'listed' ? targets : [],
    sources: encoders.map((encoder) => ({
      ...sourceOf(encoder),
      objective: objectiveOf(encoder) ?? objectiveOf(run),
    })),
    attack: {
      ...AttackSpec.create({ name: attack, budget: { norm: normMessages[budget.norm], epsilon: budget.epsilon } }),
      options: optionValueMessages(run.options ?? {}),
      stages: stages.map((stage) => ({
        name: stage.attack,
        options: optionValueMessages(stage.options),
        objective: objectiveOf(stage),
      })),
      selection: selections[selection],
      placement: placement === 'far' ? Placement.FAR : Placement.NEAR,
      gradientDraws: draws.gradient,
      acceptanceDraws: draws.acceptance,
      verdictDraws: draws.verdict,
      verdictRule: verdictRule === 'anyDraw' ? VerdictRule.ANY_DRAW : VerdictRule.MAJORITY,
      pixelGrid: pixelGrid === 'uint8' ? PixelGrid.UINT8 : PixelGrid.FLOAT32,
    },
  };
}

function objectiveOf({
  objective,
  objectiveHead,
}: Pick<RecordedRun, 'objective' | 'objectiveHead'>): Objective | undefined {
  return objective && objectiveMessage(objective, objectiveHead === undefined ? undefined : headNamed(objectiveHead));
}

function headNamed(digest: string): HeadRef {
  return { head: { $case: 'artifactDigest', value: digest } };
}

/** Where an encoder of a record is to be found, the head that judges, and its weight. */
export function sourceOf({ name, paradigm, head, weight }: RecordedEncoder): AttackSource {
  return {
    ...AttackSource.create({
      encoder: EncoderRef.create({ name, ...(paradigm && { paradigm: paradigmMessages[paradigm] }) }),
    }),
    weight,
    head: head === ownHead ? undefined : headNamed(head),
  };
}
