import { conv, convTranspose, type Shape, type WindowOptions } from '@parallax/graph';
import { type GradientCase, type GradientTable, gradientCase } from '../gradient-case.ts';
import { within } from '../samples.ts';

type Options = WindowOptions & { readonly group?: number };
type Problem = readonly [name: string, x: Shape, weight: Shape, options: Options];

const problems: readonly Problem[] = [
  ['1-d', [2, 3, 7], [4, 3, 3], {}],
  ['1-d, stride 2, uneven pads', [2, 2, 8], [3, 2, 3], { strides: [2], pads: [1, 0] }],
  ['2-d', [2, 3, 5, 4], [4, 3, 3, 3], {}],
  ['same padding', [2, 3, 5, 4], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }],
  ['1×1', [2, 3, 4, 4], [5, 3, 1, 1], {}],
  ['1×1, stride 2', [2, 3, 5, 4], [5, 3, 1, 1], { strides: [2, 2] }],
  ['stride 2, the last rows unused', [2, 2, 6, 6], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['stride 2, the last rows used', [2, 2, 7, 5], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['stride 3 leaves gaps', [1, 2, 8, 8], [2, 2, 2, 2], { strides: [3, 3] }],
  ['uneven strides and pads', [2, 2, 7, 6], [3, 2, 3, 2], { strides: [2, 1], pads: [0, 1, 2, 0] }],
  ['dilation', [1, 2, 7, 8], [2, 2, 3, 3], { dilations: [2, 3], pads: [1, 2, 1, 2] }],
  ['dilation and stride', [1, 2, 9, 9], [2, 2, 3, 3], { dilations: [2, 2], strides: [2, 2] }],
  ['groups', [2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }],
  ['groups and stride', [2, 4, 6, 5], [6, 2, 3, 3], { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['depthwise', [2, 3, 5, 5], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }],
  ['depthwise, two outputs a channel', [2, 3, 5, 5], [6, 1, 3, 3], { group: 3 }],
  ['patches', [2, 3, 6, 6], [4, 3, 3, 3], { strides: [3, 3] }],
  ['pads beyond the kernel', [1, 2, 3, 3], [2, 2, 3, 3], { pads: [3, 4, 3, 4] }],
  ['pads beyond the kernel on one side', [1, 2, 4, 4], [2, 2, 2, 2], { pads: [3, 0, 0, 1] }],
  ['3-d', [1, 2, 4, 3, 4], [3, 2, 2, 2, 3], {}],
  [
    '3-d, stride, dilation, uneven pads',
    [1, 2, 6, 5, 5],
    [2, 2, 2, 3, 2],
    { strides: [2, 1, 2], dilations: [2, 1, 1], pads: [1, 0, 1, 0, 2, 0] },
  ],
  ['3-d, groups', [2, 4, 3, 3, 3], [4, 2, 2, 2, 2], { group: 2, pads: [1, 1, 1, 0, 0, 0] }],
  ['1-d, depthwise, dilated', [2, 3, 8], [3, 1, 3], { group: 3, dilations: [2], pads: [2, 2] }],
  ['depthwise, stride 2', [2, 3, 6, 7], [3, 1, 3, 3], { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['depthwise, dilated, uneven pads', [1, 3, 7, 7], [3, 1, 3, 3], { group: 3, dilations: [2, 1], pads: [2, 0, 1, 1] }],
  ['one pixel', [1, 1, 1, 1], [1, 1, 1, 1], {}],
  ['even kernel', [1, 2, 5, 5], [2, 2, 4, 4], { pads: [1, 1, 2, 2] }],
  ['symbolic batch', ['N', 2, 4, 4], [3, 2, 3, 3], { pads: [1, 1, 1, 1] }],
  ['symbolic batch, stride 2', ['N', 2, 4, 4], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['symbolic batch, depthwise', ['N', 2, 4, 4], [2, 1, 3, 3], { group: 2, pads: [1, 1, 1, 1] }],
];

const transposedProblems: readonly (readonly [
  ...Problem,
  ...(readonly [output_padding: readonly number[]] | readonly []),
])[] = [
  ['1-d', [2, 3, 4], [3, 2, 3], {}],
  ['2-d', [2, 3, 4, 3], [3, 2, 3, 3], {}],
  ['stride 2', [2, 2, 3, 4], [2, 3, 2, 2], { strides: [2, 2] }],
  ['stride 2, pads', [2, 2, 3, 4], [2, 3, 3, 3], { strides: [2, 2], pads: [1, 0, 1, 1] }],
  ['output padding', [2, 2, 3, 4], [2, 3, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }, [1, 0]],
  ['dilation', [1, 2, 4, 4], [2, 2, 2, 2], { dilations: [2, 3] }],
  ['3-d', [1, 2, 2, 3, 2], [2, 3, 2, 2, 2], { strides: [2, 1, 2], pads: [0, 1, 0, 1, 0, 0] }, [1, 0, 1]],
  ['uneven pads', [1, 2, 4, 3], [2, 2, 3, 3], { strides: [2, 3], pads: [0, 2, 1, 0] }],
  ['1-d, groups, dilation', [2, 4, 4], [4, 1, 3], { group: 2, dilations: [2], strides: [2], pads: [1, 2] }],
  ['groups', [2, 4, 3, 3], [4, 3, 3, 3], { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }, [1, 1]],
  ['depthwise', [2, 3, 3, 3], [3, 1, 2, 2], { group: 3, strides: [2, 2] }],
  ['symbolic batch', ['N', 2, 3, 3], [2, 2, 2, 2], { strides: [2, 2] }],
];

// onnxruntime convolves in float32 only; a convolution is linear in each input, so differences lose nothing by it.
const options = { precision: 'float32' } as const;

function cases(
  name: string,
  x: Shape,
  weight: Shape,
  outputs: Shape[number] | undefined,
  traced: GradientCase['traced'],
): readonly GradientCase[] {
  return [
    gradientCase(name, [within(x), within(weight)], traced, options),
    gradientCase(`${name}, with bias`, [within(x), within(weight), within([outputs ?? 0])], traced, options),
  ];
}

export const convolutions = {
  Conv: [
    ...problems.flatMap(([name, x, weight, window]) =>
      cases(name, x, weight, weight[0], (input, kernel, bias) => conv(input, kernel, bias ?? null, window)),
    ),
    gradientCase('no images', [within([0, 2, 4, 4]), within([3, 2, 3, 3])], (x, w) => conv(x, w, null), options),
  ],
  ConvTranspose: transposedProblems.flatMap(([name, x, weight, window, output_padding]) => {
    const outputs = Number(weight[1]) * (window.group ?? 1);
    const padding = output_padding === undefined ? {} : { output_padding };
    return cases(name, x, weight, outputs, (input, kernel, bias) =>
      convTranspose(input, kernel, bias ?? null, { ...window, ...padding }),
    );
  }),
} as const satisfies Partial<GradientTable>;
