export {
  type CompileOptions,
  type Convolutions,
  type Engine,
  type Executable,
  FeedError,
  type Feeds,
  type Results,
  type RunOptions,
  RuntimeError,
} from './engine.ts';
export { writeOutFloat64 } from './float64/kernels.ts';
export { widen } from './float64/widen.ts';
export { foldConstants } from './fold-constants.ts';
export {
  checkGradient,
  type GradientCheckOptions,
  type GradientError,
  type Traced,
} from './gradients/check-gradient.ts';
export {
  checkModel,
  decides,
  gradientFailures,
  gradientTolerances,
  type ModelCheck,
  type ModelCheckOptions,
  type ModelCheckProgress,
  type OperatorCheck,
  type WholeCheck,
} from './gradients/check-model.ts';
export { checkWhole } from './gradients/model/check-whole.ts';
export {
  agreementFailures,
  compareEngines,
  type EngineAgreement,
  type SampleAgreement,
} from './gradients/model/compare-engines.ts';
export { apart, exactly, type Precision, type Sample, within } from './gradients/samples.ts';
export { createOnnxRuntimeEngine, type OnnxRuntimeOptions } from './onnxruntime/engine.ts';
export { openModel } from './onnxruntime/open-model.ts';
export { type FastConvolutionOptions, fastConvolutions } from './onnxruntime/winograd/fast-convolutions.ts';
