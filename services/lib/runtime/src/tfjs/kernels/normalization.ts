import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, count, perChannel } from './shared.ts';

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

export const normalization: Kernels<'BatchNormalization' | 'LayerNormalization'> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
};
