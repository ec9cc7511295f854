import { type DataType, fromBytes, ShapeError, type Tensor, toBytes } from './tensor.ts';

/** A tensor in the notation of the Open Inference Protocol, as messages carry it: row-major little-endian bytes. */
export interface WireTensor {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents: Uint8Array;
}

/** Datatypes by the names the protocol gives them. */
const dataTypes: Readonly<Record<string, DataType>> = {
  FP32: 'float32',
  FP64: 'float64',
  INT64: 'int64',
  INT32: 'int32',
  INT16: 'int16',
  INT8: 'int8',
  UINT64: 'uint64',
  UINT32: 'uint32',
  UINT16: 'uint16',
  UINT8: 'uint8',
  BOOL: 'bool',
};

/** The message that carries a tensor. `contents` is a view: nothing is copied. */
export function encodeTensor(tensor: Tensor): WireTensor & { readonly contents: Buffer } {
  const datatype = Object.keys(dataTypes).find((name) => dataTypes[name] === tensor.dtype) ?? '';
  const { buffer, byteOffset, byteLength } = toBytes(tensor);
  return { datatype, shape: tensor.dims, contents: Buffer.from(buffer, byteOffset, byteLength) };
}

/**
 * The inverse of {@link encodeTensor}; copies.
 * @throws ShapeError when the datatype is unknown, the shape is none, or the bytes do not fill it.
 */
export function decodeTensor({ datatype, shape, contents }: WireTensor): Tensor {
  const dtype = Object.hasOwn(dataTypes, datatype) ? dataTypes[datatype] : undefined;
  if (dtype === undefined) {
    throw new ShapeError(`datatype: expected one of ${Object.keys(dataTypes).join(', ')}, got "${datatype}"`);
  }
  return fromBytes(dtype, shape, contents);
}
