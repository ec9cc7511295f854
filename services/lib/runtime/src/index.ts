export {
  type CompileOptions,
  type Engine,
  type Executable,
  FeedError,
  type Feeds,
  type Results,
  type RunOptions,
} from './engine.ts';
export { foldConstants } from './fold-constants.ts';
export { createOnnxRuntimeEngine, type OnnxRuntimeOptions } from './onnxruntime/engine.ts';
export { RuntimeError } from './onnxruntime/worker-client.ts';
