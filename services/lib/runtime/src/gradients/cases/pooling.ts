import { averagePool, globalAveragePool, maxPool, mul, type Shape, type WindowOptions } from '@parallax/graph';
import { type CompositeTable, type GradientTable, gradientCase, writtenOut } from '../gradient-case.ts';
import { apart, exactly, within } from '../samples.ts';

// onnxruntime pools in float32 only; pooling is linear, so differences lose nothing by it.
const options = { precision: 'float32' } as const;

type Pool = readonly [
  name: string,
  x: Shape,
  kernel: readonly number[],
  options: WindowOptions & { readonly ceil_mode?: number },
];

/** Windows that every pooling must cut right. */
const windows: readonly Pool[] = [
  ['1-d', [2, 3, 7], [3], {}],
  ['3-d', [1, 2, 4, 4, 5], [2, 2, 3], { strides: [2, 1, 2] }],
  ['overlapping, stride 2, padded', [2, 2, 7, 7], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['the last rows unused', [1, 2, 5, 6], [2, 3], { strides: [2, 2] }],
  ['a last window that begins inside', [1, 2, 6, 7], [3, 3], { strides: [2, 2], ceil_mode: 1 }],
  ['a last window over the end pads', [1, 2, 6, 6], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }],
  ['no window that begins behind the input', [1, 1, 5, 3], [1, 1], { strides: [3, 2], ceil_mode: 1 }],
  ['stride beyond the kernel', [1, 1, 8, 7], [2, 2], { strides: [3, 3], ceil_mode: 1 }],
  ['uneven pads', [1, 2, 5, 5], [3, 2], { pads: [2, 0, 1, 1] }],
  ['dilation', [1, 2, 7, 6], [2, 2], { dilations: [2, 3], strides: [2, 1] }],
  [
    'dilation, padded, rounded up',
    [1, 1, 8, 8],
    [2, 3],
    { dilations: [3, 2], strides: [2, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
  ],
  ['one pixel', [1, 1, 1, 1], [1, 1], {}],
  ['no images', [0, 2, 4, 4], [2, 2], { strides: [2, 2] }],
  ['symbolic batch', ['N', 2, 5, 5], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }],
];

export const pooling = {
  AveragePool: [
    gradientCase('2×2 blocks', [within([2, 3, 4, 6])], (x) => averagePool(x, [2, 2], { strides: [2, 2] }), options),
    ...windows.flatMap(([name, x, kernel, window]) =>
      [0, 1].map((count_include_pad) =>
        gradientCase(
          `${name}, padding ${count_include_pad === 1 ? '' : 'not '}counted`,
          [within(x)],
          (value) => averagePool(value, kernel, { ...window, count_include_pad }),
          options,
        ),
      ),
    ),
  ],
  GlobalAveragePool: [
    gradientCase('2-d', [within([2, 3, 4, 5])], globalAveragePool, options),
    gradientCase('1-d', [within([2, 3, 4])], globalAveragePool, options),
    gradientCase('one pixel', [within([2, 3, 1, 1])], globalAveragePool, options),
    gradientCase('symbolic batch', [within(['N', 3, 2, 2])], globalAveragePool, options),
  ],
  MaxPool: [
    ...windows.map(([name, x, kernel, window]) =>
      gradientCase(name, [apart(x)], (value) => maxPool(value, kernel, window)),
    ),
    gradientCase('of a product', [apart([1, 2, 4, 4])], (x) => maxPool(mul(x, x), [2, 2], { strides: [2, 2] }), {
      twice: true,
    }),
  ],
} as const satisfies Partial<GradientTable>;

const sequence = Array.from({ length: 12 }, (_, index) => index - 5);

export const poolingComposites = {
  GlobalMaxPool: [
    writtenOut('GlobalMaxPool', '2-d', [apart([2, 3, 3, 2])]),
    writtenOut('GlobalMaxPool', '1-d, symbolic batch', [apart(['N', 2, 4])]),
    writtenOut('GlobalMaxPool', 'of a sequence', [exactly([1, 2, 6], sequence)], {}, { expected: [0, 6] }),
  ],
  GlobalLpPool: [
    writtenOut('GlobalLpPool', 'Euclidean', [within([2, 3, 3, 2])]),
    writtenOut('GlobalLpPool', 'absolute', [apart([2, 3, 4])], { p: 1 }),
    writtenOut('GlobalLpPool', 'third power, symbolic batch', [apart(['N', 3, 2])], { p: 3 }),
    writtenOut('GlobalLpPool', 'of a sequence', [exactly([1, 2, 6], sequence)], { p: 1 }, { expected: [15, 21] }),
  ],
  LpPool: [
    ...windows.map(([name, x, kernel, window]) =>
      writtenOut('LpPool', name, [within(x, 0.5, 1.5)], { ...window, kernel_shape: kernel }, { precision: 'float32' }),
    ),
    writtenOut(
      'LpPool',
      'third power',
      [within([1, 1, 4, 4], 1, 1.5)],
      { kernel_shape: [2, 2], p: 3 },
      { precision: 'float32' },
    ),
    writtenOut(
      'LpPool',
      'over the end pad',
      [exactly([1, 1, 5], [3, 4, 0, -5, 12])],
      { kernel_shape: [2], pads: [0, 1] },
      { precision: 'float32', expected: [5, 4, 5, 13, 12] },
    ),
  ],
} as const satisfies CompositeTable;
