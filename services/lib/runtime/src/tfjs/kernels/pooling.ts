import type { Attributes } from '@parallax/graph';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { count, padWith, product } from './shared.ts';
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

/** Where every element of a tensor stands, counted over the whole of it; spatial axes from the last or from the first. */
function placesLike(dims: readonly number[], columnMajor: boolean): tf.Tensor {
  if (!columnMajor) return tf.reshape(tf.range(0, product(dims), 1, 'int32'), [...dims]);
  const turned = [...dims.slice(0, 2), ...dims.slice(2).reverse()];
  return tf.transpose(placesLike(turned, false), [0, 1, ...count(dims.length).slice(2).reverse()]);
}

/** The largest element that each window sees, and where the first of these stands. */
const maxPool: Kernel<'MaxPool'> = ({ inputs: [x], attributes, outputs }) => {
  const lowest = x.isFloat ? Number.NEGATIVE_INFINITY : -(2 ** 31);
  const seen = windowed(x.tensor, attributes, lowest);
  if (outputs.length === 1) return seen.reduce((most, each) => tf.maximum(most, each));
  const at = windowed(placesLike(x.dims, attributes.storage_order === 1), attributes, -1);
  return seen.slice(1).reduce(
    ([most, place], each, index) => {
      const better = tf.logicalOr(tf.greater(each, most), tf.less(place, tf.scalar(0, 'int32')));
      return [tf.maximum(most, each), tf.where(better, at[index + 1] ?? place, place)] as const;
    },
    [seen[0] ?? x.tensor, at[0] ?? x.tensor] as const,
  );
};

export const pooling: Kernels<'AveragePool' | 'GlobalAveragePool' | 'MaxPool'> = {
  AveragePool: averagePool,
  GlobalAveragePool: ({ inputs: [x] }) => tf.mean(x.tensor, count(x.dims.length).slice(2), true),
  MaxPool: maxPool,
};
