import { allocate, type DataType, elementCount, fromBytes, type Tensor, type TypedArrays } from '@parallax/tensor';
import { dataTypeOf } from '../data-types.ts';
import type { Message } from '../wire.ts';
import { halfTypes, widened } from './half.ts';
import { ImportError, shown } from './import-error.ts';

/** The bytes of external data: `location` as the file names it, and the part that is meant. */
export type ReadExternal = (tensor: Message<'TensorProto'>) => Uint8Array;

/** Element types of the specification that no value of ours has. */
const unsupportedTypes: Readonly<Record<number, string>> = {
  0: 'no element type',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
};

/**
 * The element type we compute with for one of the specification: half precision becomes float32.
 * @throws ImportError when we have none.
 */
export function elementType(what: string, number: number): DataType {
  if (halfTypes.has(number)) return 'float32';
  const dtype = dataTypeOf(number);
  if (dtype !== undefined) return dtype;
  throw new ImportError(
    `${what}: expected a numeric or boolean element type, got ${unsupportedTypes[number] ?? number}`,
  );
}

/**
 * A tensor of a file.
 * @throws ImportError when its type is none of ours, or its data do not fill its shape.
 */
export function readTensor(what: string, message: Message<'TensorProto'>, readExternal: ReadExternal): Tensor {
  const known = readTensors.get(message);
  if (known !== undefined) return known;
  const tensor = readNew(what, message, readExternal);
  readTensors.set(message, tensor);
  return tensor;
}

/** A constant in a function is read once, however often the function is called. */
const readTensors = new WeakMap<Message<'TensorProto'>, Tensor>();

function readNew(what: string, message: Message<'TensorProto'>, readExternal: ReadExternal): Tensor {
  const { dataType = 0, dims = [] } = message;
  const dtype = elementType(what, dataType);
  if (message.segment !== undefined) throw new ImportError(`${what}: expected a whole tensor, got a segment of one`);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || !Number.isSafeInteger(elementCount(dims))) {
    throw new ImportError(`${what}: expected lengths from 0, got [${dims.join(', ')}]`);
  }
  const raw = message.dataLocation === 1 ? readExternal(message) : message.rawData;
  if (raw !== undefined) return fromRaw(what, dtype, dataType, dims, raw);
  return { dtype, dims, data: fromLists(what, dtype, message) };
}

function fromRaw(what: string, dtype: DataType, number: number, dims: readonly number[], raw: Uint8Array): Tensor {
  const half = halfTypes.has(number);
  try {
    const tensor = fromBytes(half ? 'uint16' : dtype, dims, raw);
    return half ? { dtype, dims, data: widened(number, tensor.data as Uint16Array) } : tensor;
  } catch (cause) {
    throw new ImportError(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Data in the typed lists: small types are packed into `int32_data`, half precision as its bits. */
function fromLists(what: string, dtype: DataType, message: Message<'TensorProto'>): TypedArrays[DataType] {
  const { dataType = 0, dims = [] } = message;
  const list = listOf(dtype, message);
  const count = elementCount(dims);
  if (list.length !== count) {
    throw new ImportError(`${what}: expected ${count} elements for [${dims.join(', ')}], got ${list.length}`);
  }
  if (halfTypes.has(dataType)) return widened(dataType, Uint16Array.from(list as readonly number[]));
  const data = allocate(dtype, count);
  const big = data instanceof BigInt64Array || data instanceof BigUint64Array;
  for (const [index, number] of list.entries()) data[index] = big ? BigInt(number) : Number(number);
  return data;
}

function listOf(dtype: DataType, message: Message<'TensorProto'>): readonly (number | bigint)[] {
  if (halfTypes.has(message.dataType ?? 0)) return message.int32Data ?? [];
  switch (dtype) {
    case 'float32':
      return message.floatData ?? [];
    case 'float64':
      return message.doubleData ?? [];
    case 'int64':
      return message.int64Data ?? [];
    case 'uint64':
    case 'uint32':
      return message.uint64Data ?? [];
    default:
      return message.int32Data ?? [];
  }
}

/** How a message names a tensor. */
export function tensorLabel(name: string | undefined): string {
  return `tensor ${name === undefined || name === '' ? '(unnamed)' : shown(name)}`;
}
