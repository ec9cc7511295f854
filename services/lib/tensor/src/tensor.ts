/** Element types, by their numpy names. `bool` is one byte per element, 0 or 1. */
export interface TypedArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly int16: Int16Array;
  readonly int8: Int8Array;
  readonly uint64: BigUint64Array;
  readonly uint32: Uint32Array;
  readonly uint16: Uint16Array;
  readonly uint8: Uint8Array;
  readonly bool: Uint8Array;
}

export type DataType = keyof TypedArrays;

/** A dense row-major array. Values are never changed after construction; whoever needs other values makes another tensor. */
export interface Tensor<D extends DataType = DataType> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: TypedArrays[D];
}

export const bytesPerElement: { readonly [D in DataType]: number } = {
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

const makers: { readonly [D in DataType]: (buffer: ArrayBuffer) => TypedArrays[D] } = {
  float32: (buffer) => new Float32Array(buffer),
  float64: (buffer) => new Float64Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint64: (buffer) => new BigUint64Array(buffer),
  uint32: (buffer) => new Uint32Array(buffer),
  uint16: (buffer) => new Uint16Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

/** Number of elements of a shape; the empty shape (a scalar) has one. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A shape that a tensor cannot have, or data that do not fill it. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/**
 * Wraps data as a tensor; the data are not copied.
 * @throws ShapeError when a dimension is negative or not an integer, or the data have another number of elements.
 */
export function createTensor<D extends DataType>(dtype: D, dims: readonly number[], data: TypedArrays[D]): Tensor<D> {
  if (!dims.every((dim) => Number.isInteger(dim) && dim >= 0)) {
    throw new ShapeError(`dims: expected non-negative integers, got [${dims.join(', ')}]`);
  }
  if (data.length !== elementCount(dims)) {
    throw new ShapeError(`data: expected ${elementCount(dims)} elements for [${dims.join(', ')}], got ${data.length}`);
  }
  return { dtype, dims: [...dims], data };
}

/** A tensor of zeros (`false` for bool). */
export function zeros<D extends DataType>(dtype: D, dims: readonly number[]): Tensor<D> {
  return { dtype, dims: [...dims], data: allocate(dtype, elementCount(dims)) };
}

/** An uninitialised-by-contract (in fact zeroed) typed array of one element type. */
export function allocate<D extends DataType>(dtype: D, length: number): TypedArrays[D] {
  return makers[dtype](new ArrayBuffer(length * bytesPerElement[dtype]));
}

export function float32(dims: readonly number[], data: Float32Array | readonly number[]): Tensor<'float32'> {
  return createTensor('float32', dims, data instanceof Float32Array ? data : Float32Array.from(data));
}

export function int64(dims: readonly number[], data: BigInt64Array | readonly number[]): Tensor<'int64'> {
  return createTensor('int64', dims, data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt));
}

/** A scalar: shape []. */
export function scalar(value: number, dtype: 'float32' | 'float64' | 'int32' = 'float32'): Tensor {
  const data = allocate(dtype, 1);
  data[0] = value;
  return createTensor(dtype, [], data);
}

/** Row-major little-endian bytes, as the Open Inference Protocol and ONNX raw data have them. A view: nothing is copied. */
export function toBytes(tensor: Tensor): Uint8Array {
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}

/**
 * The inverse of {@link toBytes}; copies, because a received buffer may be misaligned for its element type.
 * @throws ShapeError when the bytes do not fill the shape.
 */
export function fromBytes<D extends DataType>(dtype: D, dims: readonly number[], bytes: Uint8Array): Tensor<D> {
  const expected = elementCount(dims) * bytesPerElement[dtype];
  if (bytes.byteLength !== expected) {
    throw new ShapeError(
      `data: expected ${expected} bytes for ${dtype} [${dims.join(', ')}], got ${bytes.byteLength} bytes`,
    );
  }
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return createTensor(dtype, dims, makers[dtype](copy));
}

/** Elements as numbers (64-bit integers beyond 2^53 lose precision). */
export function toNumbers(tensor: Tensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}
