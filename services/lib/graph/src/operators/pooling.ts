import { averagePool, convTranspose, div, expand, mul, reciprocal } from '../build.ts';
import { shapeSize } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family } from '../operator.ts';
import type { Attributes } from '../signatures.ts';
import { constant, scalarConstant, type Value } from '../value.ts';
import { convolvedLengths } from './convolution.ts';
import { expandLike, fixed, info, int, ints } from './shared.ts';

/**
 * What a window that reaches into the padding divides by too little when its padding is not counted: kernel size over
 * the entries inside, [1, 1, ...spatial]. Pooling a 1 everywhere with the padding counted gives the inverse.
 */
function correction(x: Value, attributes: Attributes<'AveragePool'>): Value {
  const ones = expand(scalarConstant(1, x.dtype), [
    1,
    1,
    ...x.shape.slice(2).map((dim) => fixed('AveragePool', 'spatial', dim)),
  ]);
  return reciprocal(averagePool(ones, attributes.kernel_shape, { ...attributes, count_include_pad: 1 }));
}

export const pooling: Family<'AveragePool' | 'GlobalAveragePool'> = {
  AveragePool: {
    attributes: {
      kernel_shape: ints(),
      strides: ints(),
      pads: ints(),
      dilations: ints(),
      ceil_mode: int(0),
      count_include_pad: int(0),
    },
    infer: ([x], attributes) => {
      if (attributes.ceil_mode !== 0) throw new GraphError('AveragePool', 'ceil_mode: expected 0, got 1');
      return [
        info(x.dtype, [...x.shape.slice(0, 2), ...convolvedLengths('AveragePool', x.shape.slice(2), attributes)]),
      ];
    },
    // Averaging is a convolution of each channel with a constant kernel, so its gradient is the transposed convolution.
    gradient: ({ inputs: [x], gradient: g, attributes }) => {
      const { kernel_shape, strides, pads, dilations, count_include_pad } = attributes;
      const channels = fixed('AveragePool', 'channels', x.shape[1]);
      const size = fixed('AveragePool', 'kernel', shapeSize(kernel_shape));
      const kernel = constant({
        dtype: 'float32',
        dims: [channels, 1, ...kernel_shape],
        data: new Float32Array(channels * size).fill(1 / size),
      });
      const output_padding = kernel_shape.map((length, axis) => {
        const all =
          fixed('AveragePool', 'spatial', x.shape[axis + 2]) +
          (pads[axis] ?? 0) +
          (pads[axis + kernel_shape.length] ?? 0);
        return (all - (dilations[axis] ?? 1) * (length - 1) - 1) % (strides[axis] ?? 1);
      });
      const shares = count_include_pad === 1 ? g : mul(g, correction(x, attributes));
      return [convTranspose(shares, kernel, null, { strides, pads, dilations, group: channels, output_padding })];
    },
  },
  GlobalAveragePool: {
    attributes: {},
    infer: ([x]) => [
      info(
        x.dtype,
        x.shape.map((dim, axis) => (axis < 2 ? dim : 1)),
      ),
    ],
    gradient: ({ inputs: [x], gradient: g }) => {
      const size = fixed('GlobalAveragePool', 'spatial size', shapeSize(x.shape.slice(2)));
      return [expandLike(div(g, size), x)];
    },
  },
};
