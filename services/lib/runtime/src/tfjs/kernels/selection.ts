import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../../engine.ts';
import type { Operand } from '../operand.ts';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, binary, count, product, stridesOf, unary } from './shared.ts';

/** The place of the first or last extreme entry along an axis. */
function extremum(find: (x: tf.Tensor, axis: number) => tf.Tensor): Kernel<'ArgMax'> {
  return ({ inputs: [x], attributes: { axis, keepdims, select_last_index } }) => {
    const at = axisOf(axis, x.dims.length);
    const fromEnd = select_last_index === 1;
    const found = find(fromEnd ? tf.reverse(x.tensor, at) : x.tensor, at);
    const place = fromEnd ? tf.sub(tf.scalar((x.dims[at] ?? 0) - 1, 'int32'), found) : found;
    return keepdims === 1 ? tf.expandDims(place, at) : place;
  };
}

/** tfjs finds the largest along the last axis. */
const topK: Kernel<'TopK'> = ({ inputs: [x, k], attributes: { axis, largest, sorted } }) => {
  const at = axisOf(axis, x.dims.length);
  const perm = [...count(x.dims.length).filter((each) => each !== at), at];
  const back = perm.map((_, each) => perm.indexOf(each));
  const sign = (t: tf.Tensor): tf.Tensor => (largest === 1 ? t : tf.neg(t));
  const { values, indices } = tf.topk(sign(tf.transpose(x.tensor, perm)), k.numbers[0] ?? 0, sorted === 1);
  return [tf.transpose(sign(values), back), tf.transpose(indices, back)];
};

/** Indices along an axis of some length, negative ones counted from the end. */
function wrapped(indices: Operand, length: number): tf.Tensor {
  return tf.tensor(
    Int32Array.from(indices.numbers, (index) => inside(index < 0 ? index + length : index, length)),
    [...indices.dims],
    'int32',
  );
}

function inside(index: number, length: number): number {
  if (index < 0 || index >= length)
    throw new RuntimeError(`indices: expected ${-length} to ${length - 1}, got ${index}`);
  return index;
}

/** For every element of `indices`, where in `data` the element stands that it names along an axis. */
function places(data: Operand, indices: Operand, axis: number): Int32Array {
  const at = axisOf(axis, data.dims.length);
  const length = data.dims[at] ?? 0;
  const from = stridesOf(indices.dims);
  const to = stridesOf(data.dims);
  return Int32Array.from(indices.numbers, (index, position) => {
    const own = inside(index < 0 ? index + length : index, length);
    return indices.dims.reduce((place, dim, each) => {
      const along = each === at ? own : Math.floor(position / (from[each] ?? 1)) % dim;
      return place + along * (to[each] ?? 1);
    }, 0);
  });
}

/** The elements of a tensor at places in row-major order. */
export function takeFlat(data: Operand, at: Int32Array, dims: readonly number[]): tf.Tensor {
  return tf.reshape(tf.gather(tf.reshape(data.tensor, [-1]), tf.tensor1d(at, 'int32')), [...dims]);
}

const combine: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: (old, update) => Math.max(old, update),
  min: (old, update) => Math.min(old, update),
};

/**
 * `data` with updates written, in order, at places in row-major order. Computed here: tfjs has no kernel that multiplies
 * or compares, and none that says which of two updates of one place wins.
 */
export function scatterFlat(data: Operand, at: Int32Array, updates: Operand, reduction: string): tf.Tensor {
  const merge = combine[reduction];
  if (merge === undefined)
    throw new RuntimeError(`reduction: expected ${Object.keys(combine).join(', ')}, got ${reduction}`);
  const values = Float64Array.from(data.numbers);
  updates.numbers.forEach((update, index) => {
    const place = at[index] ?? 0;
    values[place] = merge(values[place] ?? 0, update);
  });
  const made = data.isFloat ? Float32Array.from(values) : Int32Array.from(values);
  return tf.tensor(made, [...data.dims], data.tensor.dtype);
}

const oneHot: Kernel<'OneHot'> = ({ inputs: [indices, depth, values], attributes: { axis } }) => {
  const length = depth.numbers[0] ?? 0;
  const at = axisOf(axis, indices.dims.length + 1);
  const own = tf.tensor(
    Int32Array.from(indices.numbers, (index) => (index < 0 ? index + length : index)),
    [...indices.dims.slice(0, at), 1, ...indices.dims.slice(at)],
    'int32',
  );
  const classes = tf.reshape(tf.tensor1d(count(length), 'int32'), [length, ...indices.dims.slice(at).map(() => 1)]);
  const [off, on] = tf.split(values.tensor, 2);
  return tf.where(tf.equal(own, classes), on ?? values.tensor, off ?? values.tensor);
};

/** A function of the bits of two integers, which tfjs computes for the conjunction alone. */
function bitwise(compute: (a: number, b: number) => number) {
  return ({ inputs: [a, b] }: { readonly inputs: readonly [Operand, Operand] }): tf.Tensor => {
    const dims = tf.broadcast_util.assertAndGetBroadcastShape([...a.dims], [...b.dims]);
    const [left, right] = [a, b].map(({ tensor }) => tf.broadcastTo(tensor, dims).dataSync());
    return tf.tensor(
      Int32Array.from(left ?? [], (value, index) => compute(value, right?.[index] ?? 0)),
      dims,
      'int32',
    );
  };
}

const shift: Kernel<'BitShift'> = ({ inputs, attributes: { direction } }) =>
  bitwise(direction === 'LEFT' ? (a, b) => a << b : (a, b) => a >>> b)({ inputs });

/** Which infinities count is an attribute each. */
const isInfinite: Kernel<'IsInf'> = ({ inputs: [x], attributes: { detect_negative, detect_positive } }) => {
  const one = (sought: number, wanted: number): tf.Tensor =>
    wanted === 1 ? tf.equal(x.tensor, sought) : tf.zeros([...x.dims], 'bool');
  return tf.logicalOr(one(Number.NEGATIVE_INFINITY, detect_negative), one(Number.POSITIVE_INFINITY, detect_positive));
};

export const selection: Kernels<
  | 'BitShift'
  | 'BitwiseAnd'
  | 'BitwiseNot'
  | 'BitwiseOr'
  | 'BitwiseXor'
  | 'IsInf'
  | 'Xor'
  | 'Equal'
  | 'Greater'
  | 'GreaterOrEqual'
  | 'Less'
  | 'LessOrEqual'
  | 'And'
  | 'Or'
  | 'Not'
  | 'IsNaN'
  | 'Where'
  | 'ArgMax'
  | 'ArgMin'
  | 'TopK'
  | 'OneHot'
  | 'Gather'
  | 'GatherElements'
  | 'ScatterElements'
> = {
  BitShift: shift,
  BitwiseAnd: bitwise((a, b) => a & b),
  BitwiseNot: ({ inputs: [x] }) => bitwise((a) => ~a)({ inputs: [x, x] }),
  BitwiseOr: bitwise((a, b) => a | b),
  BitwiseXor: bitwise((a, b) => a ^ b),
  Equal: binary(tf.equal),
  Greater: binary(tf.greater),
  GreaterOrEqual: binary(tf.greaterEqual),
  Less: binary(tf.less),
  LessOrEqual: binary(tf.lessEqual),
  And: binary(tf.logicalAnd),
  Or: binary(tf.logicalOr),
  Not: unary(tf.logicalNot),
  IsInf: isInfinite,
  IsNaN: unary(tf.isNaN),
  Xor: binary(tf.notEqual),
  Where: ({ inputs: [condition, x, y] }) => tf.where(condition.tensor, x.tensor, y.tensor),
  ArgMax: extremum(tf.argMax),
  ArgMin: extremum(tf.argMin),
  TopK: topK,
  OneHot: oneHot,
  Gather: ({ inputs: [data, indices], attributes: { axis } }) => {
    const at = axisOf(axis, data.dims.length);
    return tf.gather(data.tensor, wrapped(indices, data.dims[at] ?? 0), at);
  },
  GatherElements: ({ inputs: [data, indices], attributes: { axis } }) =>
    takeFlat(data, places(data, indices, axis), indices.dims),
  ScatterElements: ({ inputs: [data, indices, updates], attributes: { axis, reduction } }) =>
    product(indices.dims) === 0
      ? tf.clone(data.tensor)
      : scatterFlat(data, places(data, indices, axis), updates, reduction),
};
