export { apply } from './apply.ts';
export * from './build.ts';
export { applyNamed, composites } from './composites/table.ts';
export { differentiate } from './differentiate.ts';
export { addDims, type Dim, formatShape, isStatic, multiplyDims, type Shape, sameShape, shapeSize } from './dims.ts';
export { GraphError, NotDifferentiableError } from './errors.ts';
export { foldBatchNormalization } from './fold-batch-normalization.ts';
export { forgetSurrogates } from './forget-surrogates.ts';
export { createBody, createGraph, freeInputs, type Graph, inputName, type Output } from './graph.ts';
export { inline } from './inline.ts';
export { decodeModel } from './onnx/decode.ts';
export { encodeModel, opset } from './onnx/encode.ts';
export { embedExternalData } from './onnx/import/embed-external.ts';
export { ImportError, type UnsupportedOperator, UnsupportedOperatorError } from './onnx/import/import-error.ts';
export { type ImportedModel, type ImportOptions, importModel } from './onnx/import/import-model.ts';
export type { ImportLimits } from './onnx/import/limits.ts';
export type { NoiseInput } from './onnx/import/noise.ts';
export { bindInputs, decodeTensorProto, type ModelOutline, outlineModel } from './onnx/model-file.ts';
export { resizeByProducts } from './operators/resize.ts';
export { operators } from './operators/table.ts';
export { bodyOf, captured, operandsOf, topologicalOrder } from './order.ts';
export { type LoopState, repeat } from './repeat.ts';
export { type Rule, rewrite, substitute } from './rewrite.ts';
export type { Attributes, Inputs, OpName } from './signatures.ts';
export { simplify } from './simplify.ts';
export {
  constant,
  constantTensor,
  input,
  integers,
  type Node,
  scalarConstant,
  type Value,
  type ValueInfo,
  vector,
} from './value.ts';
