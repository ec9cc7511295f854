import { allocate, createTensor, type DataType, elementCount, type Tensor } from '@parallax/tensor';
import { cast, concat, gather, mul, reshape, shapeOf } from '../../build.ts';
import { type Dim, divideDims } from '../../dims.ts';
import { constant, constantTensor, integers, type Value } from '../../value.ts';

/**
 * A small tensor whose entries are known while the model is imported: numbers (bool: 0 or 1), or lengths known only when
 * the graph runs. Shapes that a model computes are such tensors.
 */
export interface Known {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly entries: readonly Dim[];
}

/** Larger tensors are no shapes, whatever they are computed from. */
const mostEntries = 2 ** 13;
/** Floats are followed only as far as computing scale factors needs it. */
const mostFloatEntries = 64;

/** Characters of a length that is followed: products and sums of lengths grow. */
const longestLength = 200;

export function isFollowed(dtype: DataType, count: number): boolean {
  return count <= (dtype === 'float32' || dtype === 'float64' ? mostFloatEntries : mostEntries);
}

export function isNumber(dim: Dim): dim is number {
  return typeof dim === 'number';
}

/** What is known of values, and the values that stand for what is known. */
export class Knowledge {
  private readonly found = new Map<Value, Known | undefined>();
  /** The symbols that can be read off an input at run time. */
  private readonly symbols = new Map<string, { readonly input: Value; readonly axis: number }>();

  constructor(inputs: readonly Value[]) {
    for (const value of inputs) {
      value.shape.forEach((dim, axis) => {
        if (typeof dim === 'string' && !this.symbols.has(dim)) this.symbols.set(dim, { input: value, axis });
      });
    }
  }

  /** The entries of a value, when they are known. */
  of(value: Value | null | undefined): Known | undefined {
    if (!value) return undefined;
    if (this.found.has(value)) return this.found.get(value);
    const tensor = constantTensor(value);
    const known = tensor === undefined ? undefined : knownTensor(tensor);
    this.found.set(value, known);
    return known;
  }

  /** The entries of a value when all of them are numbers. */
  numbers(value: Value | null | undefined): readonly number[] | undefined {
    const entries = this.of(value)?.entries;
    return entries?.every(isNumber) ? entries : undefined;
  }

  /** A value that has these entries when the graph runs; undefined when some entry cannot be computed. */
  value(known: Known): Value | undefined {
    const { dtype, dims, entries } = known;
    if (entries.some((entry) => typeof entry === 'string' && entry.length > longestLength)) return undefined;
    const value = entries.every(isNumber) ? constant(tensorOf(dtype, dims, entries)) : this.computed(known);
    if (value !== undefined) this.found.set(value, known);
    return value;
  }

  private computed({ dtype, dims, entries }: Known): Value | undefined {
    const parts = entries.map((entry) => (isNumber(entry) ? integers([entry]) : this.length(entry)));
    if (!parts.every((part) => part !== undefined)) return undefined;
    const joined = concat(parts, 0);
    const shaped = dims.length === 1 ? joined : reshape(joined, dims);
    return cast(shaped, dtype);
  }

  /** A length that is known only at run time, as int64 [1]. */
  private length(dim: string): Value | undefined {
    for (const [symbol, { input, axis }] of this.symbols) {
      const factor = divideDims(dim, symbol);
      if (typeof factor !== 'number') continue;
      const length = gather(shapeOf(input), integers([axis]));
      return factor === 1 ? length : mul(length, factor);
    }
    return undefined;
  }

  /** An input that has a symbolic length, and on which axis. */
  symbol(name: string): { readonly input: Value; readonly axis: number } | undefined {
    return this.symbols.get(name);
  }
}

function knownTensor({ dtype, dims, data }: Tensor): Known | undefined {
  if (!isFollowed(dtype, data.length)) return undefined;
  return { dtype, dims, entries: Array.from(data as ArrayLike<number | bigint>, Number) };
}

/** int64 entries beyond its range (a rounded "to the end") are its ends. */
function tensorOf(dtype: DataType, dims: readonly number[], entries: readonly number[]): Tensor {
  const data = allocate(dtype, elementCount(dims));
  for (const [index, entry] of entries.entries()) {
    if (data instanceof BigInt64Array) data[index] = BigInt(Math.min(Math.max(entry, -(2 ** 63)), 2 ** 63 - 1024));
    else if (data instanceof BigUint64Array) data[index] = BigInt(entry);
    else data[index] = entry;
  }
  return createTensor(dtype, dims, data);
}
