import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, count, padWith, perChannel, strided } from './shared.ts';

const batchNormalization: Kernel<'BatchNormalization'> = ({ inputs, attributes }) => {
  const [x, scale, bias, mean, variance] = inputs;
  const { epsilon, momentum, training_mode } = attributes;
  const rank = x.dims.length;
  const axes = count(rank).filter((axis) => axis !== 1);
  const average = training_mode === 1 ? tf.mean(x.tensor, axes, true) : perChannel(mean, rank);
  const centred = tf.sub(x.tensor, average);
  const spread = training_mode === 1 ? tf.mean(tf.square(centred), axes, true) : perChannel(variance, rank);
  const normal = tf.div(centred, tf.sqrt(tf.add(spread, epsilon)));
  const y = tf.add(tf.mul(normal, perChannel(scale, rank)), perChannel(bias, rank));
  if (training_mode !== 1) return y;
  const running = (old: tf.Tensor, batch: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(old, momentum), tf.mul(tf.reshape(batch, old.shape), 1 - momentum));
  return [y, running(mean.tensor, average), running(variance.tensor, spread)];
};

const layerNormalization: Kernel<'LayerNormalization'> = ({
  inputs: [x, scale, bias],
  attributes: { axis, epsilon },
}) => {
  const axes = count(x.dims.length).slice(axisOf(axis, x.dims.length));
  const mean = tf.mean(x.tensor, axes, true);
  const centred = tf.sub(x.tensor, mean);
  const inverse = tf.reciprocal(tf.sqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon)));
  const scaled = tf.mul(tf.mul(centred, inverse), scale.tensor);
  return [bias === null ? scaled : tf.add(scaled, bias.tensor), mean, inverse];
};

const instanceNormalization: Kernel<'InstanceNormalization'> = ({
  inputs: [x, scale, bias],
  attributes: { epsilon },
}) => {
  const rank = x.dims.length;
  const { mean, variance } = tf.moments(x.tensor, count(rank).slice(2), true);
  const normal = tf.div(tf.sub(x.tensor, mean), tf.sqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(normal, perChannel(scale, rank)), perChannel(bias, rank));
};

/** x / ‖x‖ₚ, 0 where the norm is. */
const lpNormalization: Kernel<'LpNormalization'> = ({ inputs: [x], attributes: { axis, p } }) => {
  const at = axisOf(axis, x.dims.length);
  const size = tf.abs(x.tensor);
  const norm = p === 1 ? tf.sum(size, at, true) : tf.sqrt(tf.sum(tf.square(size), at, true));
  return tf.where(tf.equal(norm, 0), tf.zerosLike(x.tensor), tf.div(x.tensor, norm));
};

/** x / (bias + α/size · Σx²)^β, summed over the channels around each. */
const localResponse: Kernel<'LRN'> = ({ inputs: [x], attributes: { alpha, beta, bias, size } }) => {
  const before = Math.floor((size - 1) / 2);
  const around = x.dims.map((_, axis) => (axis === 1 ? ([before, size - 1 - before] as const) : ([0, 0] as const)));
  const squares = padWith(tf.square(x.tensor), around, 0);
  const sums = count(size).map((start) => strided(squares, 1, start, 1, x.dims[1] ?? 0));
  const sum = sums.reduce((total, each) => tf.add(total, each));
  return tf.div(x.tensor, tf.pow(tf.add(tf.mul(sum, alpha / size), bias), beta));
};

export const normalization: Kernels<
  'BatchNormalization' | 'InstanceNormalization' | 'LayerNormalization' | 'LpNormalization' | 'LRN'
> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  LRN: localResponse,
};
