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

export const reductions: Kernels<
  'ReduceL2' | 'ReduceMax' | 'ReduceMean' | 'ReduceMin' | 'ReduceSum' | 'LogSoftmax' | 'Softmax'
> = {
  ReduceL2: reduction((x, axes, keepdims) => tf.sqrt(tf.sum(tf.square(x), axes, keepdims))),
  ReduceMax: reduction(tf.max),
  ReduceMean: reduction(tf.mean),
  ReduceMin: reduction(tf.min),
  ReduceSum: reduction(tf.sum),
  LogSoftmax: ({ inputs: [x], attributes: { axis } }) => logSoftmax(x.tensor, axisOf(axis, x.dims.length)),
  Softmax: ({ inputs: [x], attributes: { axis } }) => softmax(x.tensor, axisOf(axis, x.dims.length)),
};
