export type { AlignmentSettings } from './alignment.ts';
export type { DdpmNoiseSettings } from './ddpm-noise.ts';
export {
  createDraws,
  type Draw,
  type DrawKey,
  type DrawRecord,
  type DrawSpec,
  type Draws,
  fillDraw,
  fillDraws,
  fillStepDraws,
  type Law,
  recordDraws,
  repeatDraw,
  scopeDraw,
} from './draws.ts';
export type { FeatureMatchingSettings } from './feature-matching.ts';
export type { InfoNceSettings } from './info-nce.ts';
export type { MaeReconstructionSettings } from './mae-reconstruction.ts';
export type {
  Direction,
  Evaluation,
  Given,
  Negatives,
  Objective,
  ObjectiveContext,
  Part,
} from './objective.ts';
export {
  createObjective,
  type ObjectiveKind,
  type ObjectiveSettings,
  type ObjectiveSpec,
  objectives,
} from './registry.ts';
export { assertExpressible } from './require.ts';
export type { DiffusionSchedule, Reconstruction, TracedEncoder } from './traced-encoder.ts';
