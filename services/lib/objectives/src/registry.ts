import { type AlignmentSettings, alignment } from './alignment.ts';
import { crossEntropy } from './cross-entropy.ts';
import { type DdpmNoiseSettings, ddpmNoise } from './ddpm-noise.ts';
import { dlr } from './dlr.ts';
import { type FeatureMatchingSettings, featureMatching } from './feature-matching.ts';
import { type InfoNceSettings, infoNce } from './info-nce.ts';
import { logitDifference } from './logit-difference.ts';
import { type MaeReconstructionSettings, maeReconstruction } from './mae-reconstruction.ts';
import { margin } from './margin.ts';
import type { Direction, Objective } from './objective.ts';

type None = Readonly<Record<never, never>>;

/** What can be set about each kind of objective; everything has a default. */
export interface ObjectiveSettings {
  readonly crossEntropy: None;
  readonly dlr: None;
  readonly margin: None;
  readonly logitDifference: None;
  readonly infoNce: InfoNceSettings;
  readonly alignment: AlignmentSettings;
  readonly maeReconstruction: MaeReconstructionSettings;
  readonly ddpmNoise: DdpmNoiseSettings;
  readonly featureMatching: FeatureMatchingSettings;
}

export type ObjectiveKind = keyof ObjectiveSettings;

/** An objective as data. The direction is `away` unless given. */
export type ObjectiveSpec = {
  [K in ObjectiveKind]: { readonly kind: K; readonly direction?: Direction } & ObjectiveSettings[K];
}[ObjectiveKind];

/** Every kind of objective, by name. */
export const objectives: {
  readonly [K in ObjectiveKind]: (direction: Direction, settings?: ObjectiveSettings[K]) => Objective;
} = {
  crossEntropy,
  dlr,
  margin,
  logitDifference,
  infoNce,
  alignment,
  maeReconstruction,
  ddpmNoise,
  featureMatching,
};

/** Makes the objective that a spec describes. @throws InputError for a setting out of range. */
export function createObjective({ kind, direction = 'away', ...settings }: ObjectiveSpec): Objective {
  // The spec is a union over kinds, and its settings are those of its own kind.
  const create = objectives[kind] as (direction: Direction, settings: object) => Objective;
  return create(direction, settings);
}
