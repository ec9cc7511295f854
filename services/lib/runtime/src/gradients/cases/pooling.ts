import { averagePool, globalAveragePool } from '@parallax/graph';
import { type GradientTable, gradientCase } from '../gradient-case.ts';
import { within } from '../samples.ts';

// onnxruntime pools in float32 only; pooling is linear, so differences lose nothing by it.
const options = { precision: 'float32' } as const;

export const pooling = {
  AveragePool: [
    gradientCase('2×2 blocks', [within([2, 3, 4, 6])], (x) => averagePool(x, [2, 2], { strides: [2, 2] }), options),
    gradientCase('1-d', [within([2, 3, 6])], (x) => averagePool(x, [3]), options),
    gradientCase('overlapping', [within([2, 2, 5, 5])], (x) => averagePool(x, [3, 2]), options),
    gradientCase(
      'the last rows unused',
      [within([1, 2, 5, 6])],
      (x) => averagePool(x, [2, 3], { strides: [2, 2] }),
      options,
    ),
    gradientCase(
      'pads counted',
      [within([1, 2, 4, 4])],
      (x) => averagePool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 }),
      options,
    ),
    gradientCase(
      'pads not counted',
      [within([1, 2, 4, 5])],
      (x) => averagePool(x, [3, 3], { strides: [2, 1], pads: [1, 0, 1, 1] }),
      options,
    ),
    gradientCase('dilation', [within([1, 2, 6, 6])], (x) => averagePool(x, [2, 2], { dilations: [2, 3] }), options),
    gradientCase(
      'symbolic batch',
      [within(['N', 2, 4, 4])],
      (x) => averagePool(x, [2, 2], { strides: [2, 2] }),
      options,
    ),
  ],
  GlobalAveragePool: [
    gradientCase('2-d', [within([2, 3, 4, 5])], globalAveragePool, options),
    gradientCase('1-d', [within([2, 3, 4])], globalAveragePool, options),
    gradientCase('one pixel', [within([2, 3, 1, 1])], globalAveragePool, options),
    gradientCase('symbolic batch', [within(['N', 3, 2, 2])], globalAveragePool, options),
  ],
} as const satisfies Partial<GradientTable>;
