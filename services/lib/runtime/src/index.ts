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
export { createOnnxRuntimeEngine, type OnnxRuntimeOptions } from './onnxruntime/engine.ts';
