import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, count } from './shared.ts';

type Reduce = (x: tf.Tensor, axes: number[], keepdims: boolean) => tf.Tensor;

function reduction(reduce: Reduce): Kernel<'ReduceSum'> {
  return ({ inputs: [x, axes], attributes: { keepdims, noop_with_empty_axes } }) => {
    const named = axes === null ? [] : axes.numbers.map((axis) => axisOf(axis, x.dims.length));
    const all = noop_with_empty_axes === 1 ? [] : count(x.dims.length);
    return reduce(x.tensor, named.length > 0 ? named : all, keepdims === 1);
  };
}

/** exp(x) / Σ exp(x), shifted so that no exponential overflows. */
function softmax(x: tf.Tensor, axis: number): tf.Tensor {
  const exponentials = tf.exp(tf.sub(x, tf.max(x, axis, true)));
  return tf.div(exponentials, tf.sum(exponentials, axis, true));
}

function logSoftmax(x: tf.Tensor, axis: number): tf.Tensor {
  const shifted = tf.sub(x, tf.max(x, axis, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), axis, true)));
}

/** log Σ exp(x), shifted so that no exponential overflows. */
function logSumExp(x: tf.Tensor, axes: number[], keepdims: boolean): tf.Tensor {
  const largest = tf.max(x, axes, true);
  const sum = tf.sum(tf.exp(tf.sub(x, largest)), axes, keepdims);
  return tf.add(tf.log(sum), tf.reshape(largest, sum.shape));
}

/** 1 at the first largest entry. */
function hardmax(x: tf.Tensor, axis: number): tf.Tensor {
  const places = x.shape.map((length, at) => (at === axis ? length : 1));
  return tf.equal(
    tf.expandDims(tf.argMax(x, axis), axis),
    tf.reshape(tf.range(0, x.shape[axis] ?? 0, 1, 'int32'), places),
  );
}

const sumOfSquares: Reduce = (x, axes, keepdims) => tf.sum(tf.square(x), axes, keepdims);

export const reductions: Kernels<
  | 'CumSum'
  | 'ReduceL1'
  | 'ReduceL2'
  | 'ReduceLogSum'
  | 'ReduceLogSumExp'
  | 'ReduceMax'
  | 'ReduceMean'
  | 'ReduceMin'
  | 'ReduceProd'
  | 'ReduceSum'
  | 'ReduceSumSquare'
  | 'Hardmax'
  | 'LogSoftmax'
  | 'Softmax'
> = {
  CumSum: ({ inputs: [x, axis], attributes: { exclusive, reverse } }) =>
    tf.cumsum(x.tensor, axisOf(axis.numbers[0] ?? 0, x.dims.length), exclusive === 1, reverse === 1),
  ReduceL1: reduction((x, axes, keepdims) => tf.sum(tf.abs(x), axes, keepdims)),
  ReduceL2: reduction((x, axes, keepdims) => tf.sqrt(sumOfSquares(x, axes, keepdims))),
  ReduceLogSum: reduction((x, axes, keepdims) => tf.log(tf.sum(x, axes, keepdims))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceMax: reduction(tf.max),
  ReduceMean: reduction(tf.mean),
  ReduceMin: reduction(tf.min),
  ReduceProd: reduction(tf.prod),
  ReduceSum: reduction(tf.sum),
  ReduceSumSquare: reduction(sumOfSquares),
  Hardmax: ({ inputs: [x], attributes: { axis } }) => hardmax(x.tensor, axisOf(axis, x.dims.length)),
  LogSoftmax: ({ inputs: [x], attributes: { axis } }) => logSoftmax(x.tensor, axisOf(axis, x.dims.length)),
  Softmax: ({ inputs: [x], attributes: { axis } }) => softmax(x.tensor, axisOf(axis, x.dims.length)),
};
