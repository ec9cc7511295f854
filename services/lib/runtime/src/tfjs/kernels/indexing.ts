import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, count, pick, stridesOf } from './shared.ts';

// The lengths of these results depend on numbers, which are read here: tfjs reads them asynchronously or not at all.

/** Indices of the elements that are not 0, one row an axis. */
const nonZero: Kernel<'NonZero'> = ({ inputs: [x] }) => {
  const places = x.numbers.flatMap((value, place) => (value === 0 ? [] : [place]));
  const strides = stridesOf(x.dims);
  const rows = x.dims.map((length, axis) => places.map((place) => Math.floor(place / (strides[axis] ?? 1)) % length));
  return tf.tensor(Int32Array.from(rows.flat()), [x.dims.length, places.length], 'int32');
};

const range: Kernel<'Range'> = ({ inputs: [start, limit, delta] }) => {
  const [from = 0, to = 0, step = 1] = [start, limit, delta].map(({ numbers }) => numbers[0]);
  const length = Math.max(0, Math.ceil((to - from) / step));
  return tf.tensor1d(
    count(length).map((index) => from + index * step),
    start.isFloat ? 'float32' : 'int32',
  );
};

/** One of equal elements, or slices: where the first stands, and how many there are. */
interface Group {
  readonly row: readonly number[];
  readonly first: number;
  count: number;
}

function compareRows({ row: a }: Group, { row: b }: Group): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** The distinct elements, where each stands first, which of them every element is, and how often each stands. */
const unique: Kernel<'Unique'> = ({ inputs: [x], attributes: { axis, sorted } }) => {
  const at = Number.isNaN(axis) ? undefined : axisOf(axis, x.dims.length);
  const others = count(x.dims.length).filter((each) => each !== at);
  const along = at === undefined ? tf.reshape(x.tensor, [-1]) : tf.transpose(x.tensor, [at, ...others]);
  const rows = tf.reshape(along, [along.shape[0] ?? 0, -1]).arraySync() as number[][];
  const groups = new Map<string, Group>();
  const keys = rows.map((row, index) => {
    const key = row.join();
    const group = groups.get(key) ?? { row, first: index, count: 0 };
    group.count++;
    groups.set(key, group);
    return key;
  });
  const order = sorted === 1 ? [...groups.values()].sort(compareRows) : [...groups.values()];
  const ranks = new Map(order.map(({ row }, rank) => [row.join(), rank]));
  const integers = (values: readonly number[]): tf.Tensor => tf.tensor1d([...values], 'int32');
  const firsts = order.map(({ first }) => first);
  return [
    at === undefined ? pick(along, firsts, 0) : pick(x.tensor, firsts, at),
    integers(firsts),
    integers(keys.map((key) => ranks.get(key) ?? 0)),
    integers(order.map((group) => group.count)),
  ];
};

export const indexing: Kernels<'NonZero' | 'Range' | 'Unique'> = { NonZero: nonZero, Range: range, Unique: unique };
