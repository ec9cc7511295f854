import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../../engine.ts';
import type { Kernel, Kernels } from './kernel.ts';
import { count, padWith, perChannel } from './shared.ts';

interface Steps {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** A kernel [O, C, ...k] with zeros between its entries, as far apart as a dilation wants them. */
function spread(x: tf.Tensor, steps: readonly number[]): tf.Tensor {
  return steps.reduce((wide, step, index) => {
    const axis = index + 2;
    const length = wide.shape[axis] ?? 1;
    if (step === 1 || length === 1) return wide;
    const [before, after] = [wide.shape.slice(0, axis), wide.shape.slice(axis + 1)];
    const apart = tf.reshape(wide, [...before, length, 1, ...after]);
    const none = apart.shape.map((): [number, number] => [0, 0]);
    const padded = tf.pad(apart, none.with(axis + 1, [0, step - 1]));
    const joined = tf.reshape(padded, [...before, length * step, ...after]);
    const size = joined.shape.map((whole, at) => (at === axis ? whole - step + 1 : whole));
    return tf.slice(
      joined,
      size.map(() => 0),
      size,
    );
  }, x);
}

/** Channels last: [N, C, ...] → [N, ..., C]. */
function channelsLast(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, ...count(x.rank).slice(2), 1]);
}

function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, x.rank - 1, ...count(x.rank).slice(1, -1)]);
}

/** [O, C, ...k] → [...k, C, O] */
function kernelLast(weight: tf.Tensor): tf.Tensor {
  return tf.transpose(weight, [...count(weight.rank).slice(2), 1, 0]);
}

/** A convolution without groups or padding, of one to three spatial axes. tfjs has it with the channels last. */
function dense(x: tf.Tensor, weight: tf.Tensor, { strides, dilations }: Steps): tf.Tensor {
  // The kernels take strides or dilations, not both.
  const both = strides.some((step) => step > 1) && dilations.some((step) => step > 1);
  if (both) return dense(x, spread(weight, dilations), { strides, dilations: dilations.map(() => 1) });
  const [input, kernel] = [channelsLast(x), kernelLast(weight)];
  if (strides.length === 2) {
    const result = tf.conv2d(
      input as tf.Tensor4D,
      kernel as tf.Tensor4D,
      pair(strides),
      'valid',
      'NHWC',
      pair(dilations),
    );
    return channelsFirst(result);
  }
  if (dilations.some((step) => step > 1))
    return dense(x, spread(weight, dilations), { strides, dilations: strides.map(() => 1) });
  return channelsFirst(tf.conv3d(input as tf.Tensor5D, kernel as tf.Tensor5D, triple(strides), 'valid'));
}

/** Every channel by itself: weight [C·m, 1, kh, kw]. */
function depthwise(x: tf.Tensor, weight: tf.Tensor, { strides, dilations }: Steps): tf.Tensor {
  const both = strides.some((step) => step > 1) && dilations.some((step) => step > 1);
  if (both) return depthwise(x, spread(weight, dilations), { strides, dilations: dilations.map(() => 1) });
  const channels = x.shape[1] ?? 1;
  const [outputs, , height, width] = weight.shape;
  const split = tf.reshape(weight, [channels, (outputs ?? 0) / channels, height ?? 1, width ?? 1]);
  const kernel = tf.transpose(split, [2, 3, 0, 1]) as tf.Tensor4D;
  const input = channelsLast(x) as tf.Tensor4D;
  return channelsFirst(tf.depthwiseConv2d(input, kernel, pair(strides), 'valid', 'NHWC', pair(dilations)));
}

/** A convolution of [N, C, ...] that is padded already, with weights [O, C/group, ...k]. */
function convolve(x: tf.Tensor, weight: tf.Tensor, group: number, steps: Steps): tf.Tensor {
  if (steps.strides.length === 1) {
    const flat = { strides: [1, ...steps.strides], dilations: [1, ...steps.dilations] };
    return tf.squeeze(convolve(tf.expandDims(x, 2), tf.expandDims(weight, 2), group, flat), [2]);
  }
  if (steps.strides.length > 3) throw new RuntimeError('tfjs convolves along one to three axes');
  if (group === 1) return dense(x, weight, steps);
  if (weight.shape[1] === 1 && steps.strides.length === 2) return depthwise(x, weight, steps);
  const kernels = tf.split(weight, group, 0);
  const parts = tf.split(x, group, 1).map((part, index) => dense(part, kernels[index] ?? weight, steps));
  return tf.concat(parts, 1);
}

function pair([a = 1, b = 1]: readonly number[]): [number, number] {
  return [a, b];
}

function triple([a = 1, b = 1, c = 1]: readonly number[]): [number, number, number] {
  return [a, b, c];
}

function withBias(y: tf.Tensor, bias: Parameters<typeof perChannel>[0] | null): tf.Tensor {
  return bias === null ? y : tf.add(y, perChannel(bias, y.rank));
}

const conv: Kernel<'Conv'> = ({ inputs: [x, weight, bias], attributes: { pads, group, strides, dilations } }) => {
  const rank = strides.length;
  const around = count(rank).map((axis) => [pads[axis] ?? 0, pads[axis + rank] ?? 0] as const);
  const padded = padWith(x.tensor, [[0, 0], [0, 0], ...around], 0);
  return withBias(convolve(padded, weight.tensor, group, { strides, dilations }), bias);
};

/**
 * The transpose of a convolution, as a convolution: the input with `stride - 1` zeros between its elements, padded by
 * what the kernel reaches beyond them, and the kernel turned round with its channels exchanged within each group.
 */
const convTranspose: Kernel<'ConvTranspose'> = ({ inputs: [x, weight, bias], attributes }) => {
  const { pads, strides, dilations, group, output_padding, kernel_shape } = attributes;
  const rank = strides.length;
  const around = count(rank).map((axis) => {
    const reach = (dilations[axis] ?? 1) * ((kernel_shape[axis] ?? 1) - 1);
    return [reach - (pads[axis] ?? 0), reach - (pads[axis + rank] ?? 0) + (output_padding[axis] ?? 0)] as const;
  });
  const wide = padWith(spread(x.tensor, strides), [[0, 0], [0, 0], ...around], 0);
  const [channels = 1, perGroup = 1, ...kernel] = weight.dims;
  const grouped = tf.reshape(weight.tensor, [group, channels / group, perGroup, ...kernel]);
  const swapped = tf.transpose(grouped, [0, 2, 1, ...count(rank).map((axis) => axis + 3)]);
  const own = tf.reshape(swapped, [group * perGroup, channels / group, ...kernel]);
  const turned = tf.reverse(
    own,
    count(rank).map((axis) => axis + 2),
  );
  return withBias(convolve(wide, turned, group, { strides: strides.map(() => 1), dilations }), bias);
};

export const convolutions: Kernels<'Conv' | 'ConvTranspose'> = { Conv: conv, ConvTranspose: convTranspose };
