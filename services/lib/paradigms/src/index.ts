export { simclr } from './augmentation/simclr.ts';
export { flip, weak } from './augmentation/weak.ts';
export { exportBundle } from './bundle/export.ts';
export { type LoadedEncoder, loadBundle, loadHead } from './bundle/load.ts';
export {
  type EncoderBundle,
  type EncoderManifest,
  type ImportProvenance,
  type PartManifest,
  type PreprocessingProvenance,
  type Role,
  roles,
  type TrainingProvenance,
} from './bundle/manifest.ts';
export { gradientBlocker } from './imported/blocker.ts';
export {
  type AdaptedModel,
  adaptModel,
  type ImportedEncoder,
  type ImportSettings,
  importEncoder,
} from './imported/import-encoder.ts';
export { adaptImages, checkNormalisation, detectLayout, type ImageShape } from './imported/input-layout.ts';
export { countMacs } from './imported/macs.ts';
export type { PreprocessingGradient, PreprocessingSettings } from './imported/preprocessing.ts';
export { recipes } from './recipes.ts';
export { recipeFingerprint } from './training/fingerprint.ts';
export { adamW, type Optimizer, sgd } from './training/optimizers.ts';
export { type Paradigm, paradigms, type Recipe, type Size, sizes } from './training/recipe.ts';
export { warmupCosine } from './training/schedule.ts';
export {
  type TrainedModel,
  TrainingDivergedError,
  type TrainingProgress,
  type TrainingSet,
  train,
} from './training/train.ts';
