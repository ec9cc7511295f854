import { allocate, createTensor, type DataType, ShapeError, type Tensor, type TypedArrays } from './tensor.ts';

/** The length of the leading axis. A scalar has none. */
export function batchSize(tensor: Tensor): number {
  const size = tensor.dims[0];
  if (size === undefined) throw new ShapeError('dims: expected at least one dimension, got a scalar');
  return size;
}

function rowLength(tensor: Tensor): number {
  return tensor.dims.slice(1).reduce((product, dim) => product * dim, 1);
}

/**
 * Rows `start` (included) to `end` (excluded) of the leading axis, fewer when the tensor ends before: a view, nothing is
 * copied.
 */
export function sliceBatch<D extends DataType>(tensor: Tensor<D>, start: number, end: number): Tensor<D> {
  const row = rowLength(tensor);
  const last = Math.max(start, Math.min(end, batchSize(tensor)));
  const data = tensor.data.subarray(start * row, last * row) as TypedArrays[D];
  return createTensor(tensor.dtype, [last - start, ...tensor.dims.slice(1)], data);
}

/**
 * The rows named, in the order named (a row may be named more than once).
 * @throws ShapeError when there is no such row.
 */
export function gatherBatch<D extends DataType>(tensor: Tensor<D>, rows: readonly number[]): Tensor<D> {
  const row = rowLength(tensor);
  const count = batchSize(tensor);
  const unknown = rows.find((index) => !Number.isInteger(index) || index < 0 || index >= count);
  if (unknown !== undefined) throw new ShapeError(`rows: expected 0 to ${count - 1}, got ${unknown}`);
  const data = allocate(tensor.dtype, rows.length * row);
  rows.forEach((from, to) => {
    copyRow(tensor.data, from * row, data, to * row, row);
  });
  return createTensor(tensor.dtype, [rows.length, ...tensor.dims.slice(1)], data);
}

/**
 * Joins tensors along the leading axis.
 * @throws ShapeError when there is none, or their element types or the shapes of their rows differ.
 */
export function concatBatch<D extends DataType>(tensors: readonly Tensor<D>[]): Tensor<D> {
  const first = tensors[0];
  if (first === undefined) throw new ShapeError('tensors: expected at least one, got none');
  if (tensors.length === 1) return first;
  const row = rowLength(first);
  const total = tensors.reduce((sum, tensor) => sum + batchSize(tensor), 0);
  const data = allocate(first.dtype, total * row);
  let offset = 0;
  for (const tensor of tensors) {
    if (describeRow(tensor) !== describeRow(first)) {
      throw new ShapeError(`tensors: expected rows like ${describeRow(first)}, got ${describeRow(tensor)}`);
    }
    copyRow(tensor.data, 0, data, offset, tensor.data.length);
    offset += tensor.data.length;
  }
  return createTensor(first.dtype, [total, ...first.dims.slice(1)], data);
}

function describeRow({ dtype, dims }: Tensor): string {
  return `${dtype} [${dims.slice(1).join(', ')}]`;
}

function copyRow<D extends DataType>(
  source: TypedArrays[D],
  from: number,
  target: TypedArrays[D],
  to: number,
  length: number,
): void {
  // Both sides have one element type; `set` is declared per array class, so the union must be narrowed by hand.
  if (source instanceof BigInt64Array) (target as BigInt64Array).set(source.subarray(from, from + length), to);
  else (target as Float32Array).set(source.subarray(from, from + length) as Float32Array, to);
}
