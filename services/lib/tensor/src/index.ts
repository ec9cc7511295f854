export { batchSize, concatBatch, gatherBatch, sliceBatch } from './batch.ts';
export {
  type BatchKey,
  integers,
  normal,
  normalBatch,
  permutation,
  type RandomKey,
  uniform,
  uniformBatch,
} from './random.ts';
export {
  allocate,
  bytesPerElement,
  createTensor,
  type DataType,
  elementCount,
  float32,
  fromBytes,
  int64,
  ShapeError,
  scalar,
  type Tensor,
  type TypedArrays,
  toBytes,
  toNumbers,
  zeros,
} from './tensor.ts';
export { decodeTensor, encodeTensor, type WireTensor } from './wire-tensor.ts';
