export {
  type CompileOptions,
  type Engine,
  type Executable,
  FeedError,
  type Feeds,
  type Results,
  type RunOptions,
  RuntimeError,
} from './engine.ts';
export { foldConstants } from './fold-constants.ts';
export {
  checkGradient,
  type GradientCheckOptions,
  type GradientError,
  type Traced,
} from './gradients/check-gradient.ts';
export { apart, exactly, type Precision, type Sample, within } from './gradients/samples.ts';
export { createOnnxRuntimeEngine, type OnnxRuntimeOptions } from './onnxruntime/engine.ts';
