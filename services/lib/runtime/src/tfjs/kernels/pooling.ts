import type { Attributes } from '@parallax/graph';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { count, padWith } from './shared.ts';
import { windowed } from './window.ts';

/** The sum of what the window sees. */
function windowSum(x: tf.Tensor, window: Attributes<'AveragePool'>): tf.Tensor {
  return windowed(x, window, 0).reduce((sum, seen) => tf.add(sum, seen));
}

/** Sums divided by how many of the elements seen count: those of the input and, where it is asked, of the padding. */
const averagePool: Kernel<'AveragePool'> = ({ inputs: [x], attributes }) => {
  const spatial = x.dims.slice(2);
  const rank = spatial.length;
  const inside = tf.ones([1, 1, ...spatial]);
  const around = count(rank).map((axis) => [attributes.pads[axis] ?? 0, attributes.pads[axis + rank] ?? 0] as const);
  const counted =
    attributes.count_include_pad === 1
      ? windowSum(padWith(inside, [[0, 0], [0, 0], ...around], 1), {
          ...attributes,
          pads: attributes.pads.map(() => 0),
        })
      : windowSum(inside, attributes);
  return tf.div(windowSum(x.tensor, attributes), counted);
};

export const pooling: Kernels<'AveragePool' | 'GlobalAveragePool'> = {
  AveragePool: averagePool,
  GlobalAveragePool: ({ inputs: [x] }) => tf.mean(x.tensor, count(x.dims.length).slice(2), true),
};
