import {
  abs,
  add,
  apply,
  applyNamed,
  argMax,
  averagePool,
  batchNormalization,
  conv,
  gather,
  gemm,
  globalAveragePool,
  integers,
  logSoftmax,
  matMul,
  maxPool,
  mul,
  type OpName,
  reduceL2,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  scalarConstant,
  slice,
  softmax,
  sub,
  transpose,
  type Value,
  vector,
} from '@parallax/graph';
import { fixed, functions, gradient, squared, writtenOut } from './functions.ts';
import { denoiser, residualNetwork, visionTransformer } from './models.ts';
import { normalizationsOf } from './normalizations.ts';

/** A function of samples whose result for one sample must not depend on the others. */
export interface InvarianceCase {
  readonly name: string;
  /** Shape of one sample. */
  readonly dims: readonly number[];
  readonly traced: (samples: Value) => Value;
}

type ReductionName = Extract<OpName, `Reduce${string}`>;

function named(op: string, inputs: readonly Value[], attributes: Readonly<Record<string, unknown>> = {}): Value {
  const [y] = applyNamed(op, { inputs, outputs: 1 }, attributes);
  if (y === undefined) throw new Error(`${op}: expected an output`);
  return y;
}

function resized(x: Value, attributes: Readonly<Record<string, unknown>>, scale = 1.6): Value {
  return apply('Resize', [x, null, vector([1, 1, scale, scale]), null], attributes)[0];
}

/** The first two channels of an image as places. */
function ownGrid(x: Value): Value {
  return transpose(slice(x, [{ axis: 1, start: 0, end: 2 }]), [0, 2, 3, 1]);
}

/** The same places for every sample: its own, times 0, and fixed ones. */
function gridOf(x: Value): Value {
  const { shape } = ownGrid(x);
  return add(mul(ownGrid(x), 0), mul(fixed(...shape.slice(1).map(Number)), 0.4));
}

function each<T>(
  values: readonly T[],
  make: (value: T) => InvarianceCase | readonly InvarianceCase[],
): readonly InvarianceCase[] {
  return values.flatMap(make);
}

function reduce(op: ReductionName, x: Value, ...axes: readonly number[]): Value {
  return apply(op, [x, integers(axes)])[0];
}

/** Lengths that fill packets of 4 and 8 numbers, and lengths that do not. */
const lengths = [1, 3, 7, 10, 16, 17, 64];

export const invarianceCases: readonly InvarianceCase[] = [
  ...each(Object.entries(functions), ([name, traced]) =>
    [[], [1], [10], [3, 5], [3, 8, 8]].map((dims) => ({ name: `${name} of [${dims.join(', ')}]`, dims, traced })),
  ),
  ...each(lengths, (length) => [
    { name: `sum of ${length}`, dims: [length], traced: (x) => reduceSum(squared(x), [1]) },
    { name: `mean of the last ${length} of 3`, dims: [3, length], traced: (x) => reduceMean(x, [2], false) },
    { name: `mean of the first ${length} by 3`, dims: [length, 3], traced: (x) => reduceMean(x, [1], false) },
    { name: `sum of the middle ${length}`, dims: [2, length, 3], traced: (x) => reduceSum(x, [2]) },
    { name: `sum around ${length}`, dims: [3, length, 5], traced: (x) => reduceSum(x, [1, 3]) },
    { name: `length of ${length}`, dims: [length, 2], traced: (x) => reduceL2(x, [1, 2]) },
    ...each(['ReduceL1', 'ReduceLogSumExp', 'ReduceProd', 'ReduceSumSquare'] as const, (op) => [
      { name: `${op} of ${length}`, dims: [length], traced: (x) => reduce(op, x, 1) },
      { name: `${op} of the last ${length} of 3`, dims: [3, length], traced: (x) => reduce(op, x, 2) },
      { name: `${op} of the first ${length} by 3`, dims: [length, 3], traced: (x) => reduce(op, x, 1) },
      { name: `gradient of ${op} of ${length}`, dims: [2, length], traced: (x) => gradient(reduce(op, x, 2), x) },
    ]),
    { name: `ReduceLogSum of ${length}`, dims: [length], traced: (x) => reduce('ReduceLogSum', squared(x), 1) },
    {
      name: `sums up to each of ${length}`,
      dims: [3, length],
      traced: (x) => apply('CumSum', [x, scalarConstant(2, 'int64')])[0],
    },
    { name: `largest of ${length}`, dims: [length], traced: (x) => reduceMax(x, [1]) },
    { name: `softmax of ${length}`, dims: [3, length], traced: (x) => softmax(x) },
    { name: `log-softmax of ${length}`, dims: [length], traced: (x) => logSoftmax(x) },
  ]),
  ...each(lengths, normalizationsOf),
  ...each(lengths, (inner) =>
    each([1, 10, 17], (columns) => [
      {
        name: `[N, ${inner}] · [${inner}, ${columns}]`,
        dims: [inner],
        traced: (x) => matMul(x, fixed(inner, columns)),
      },
      {
        name: `[N, ${inner}] · [${columns}, ${inner}]ᵀ + [${columns}]`,
        dims: [inner],
        traced: (x) => gemm(x, fixed(columns, inner), { transB: true, c: fixed(columns) }),
      },
      {
        name: `[N, 1, ${inner}] · [${inner}, ${columns}]`,
        dims: [1, inner],
        traced: (x) => matMul(x, fixed(inner, columns)),
      },
      {
        name: `[N, ${columns}, ${inner}] · its transpose`,
        dims: [columns, inner],
        traced: (x) => matMul(x, transpose(x, [0, 2, 1])),
      },
    ]),
  ),
  ...each(
    [
      [3, 16, 3, 1, 1],
      [16, 32, 3, 2, 1],
      [16, 8, 1, 2, 0],
      [5, 7, 3, 1, 1],
      [3, 24, 4, 4, 0],
    ] as const,
    ([channels, outputs, kernel, stride, pad]) => ({
      name: `gradient of ${outputs} ${kernel}×${kernel} convolutions of ${channels} channels, stride ${stride}`,
      dims: [channels, 8, 8],
      traced: (x) =>
        gradient(
          relu(
            conv(x, fixed(outputs, channels, kernel, kernel), fixed(outputs), {
              strides: [stride, stride],
              pads: [pad, pad, pad, pad],
            }),
          ),
          x,
        ),
    }),
  ),
  ...each(
    [
      [128, 128, 8, 1],
      [128, 256, 8, 2],
      [256, 256, 4, 1],
      [256, 256, 2, 1],
      [72, 90, 5, 1],
    ] as const,
    ([channels, outputs, side, stride]) => ({
      name: `gradient of ${outputs} tiled 3×3 convolutions of ${channels} channels on ${side}×${side}, stride ${stride}`,
      dims: [channels, side, side],
      traced: (x) => {
        const options = { strides: [stride, stride], pads: [1, 1, 1, 1] };
        return gradient(squared(conv(x, fixed(outputs, channels, 3, 3), fixed(outputs), options)), x);
      },
    }),
  ),
  ...each(
    [
      ['average', (x: Value) => averagePool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] })],
      ['blocks of averages', (x: Value) => averagePool(x, [2, 2], { strides: [2, 2] })],
      ['maximum', (x: Value) => maxPool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] })],
      ['Euclidean pooling', (x: Value) => named('LpPool', [x], { kernel_shape: [3, 3], strides: [2, 2] })],
      ['nearest resize', (x: Value) => resized(x, { nearest_mode: 'floor' })],
      ['linear resize', (x: Value) => resized(x, { mode: 'linear' })],
      ['cubic resize', (x: Value) => resized(x, { mode: 'cubic' })],
      ['pixels repeated', (x: Value) => resized(x, { coordinate_transformation_mode: 'asymmetric' }, 2)],
      [
        'reflection',
        (x: Value) => apply('Pad', [x, integers([0, 0, 1, 2, 0, 0, 3, 1]), null, null], { mode: 'reflect' })[0],
      ],
      ['rows gathered twice', (x: Value) => gather(x, integers([0, 2, 2, 1]), 2)],
      ['sampling of fixed places', (x: Value) => named('GridSample', [x, gridOf(x)])],
      [
        'sampling of places of its own',
        (x: Value) => named('GridSample', [x, mul(ownGrid(x), 0.4)], { mode: 'cubic' }),
      ],
    ] as const,
    ([name, traced]) =>
      [7, 8].flatMap((length) => [
        { name: `${name} of ${length}×${length}`, dims: [4, length, length], traced },
        {
          name: `gradient of ${name} of ${length}×${length}`,
          dims: [4, length, length],
          traced: (x: Value) => gradient(squared(traced(x)), x),
        },
      ]),
  ),
  { name: 'depthwise convolution', dims: [5, 7, 7], traced: (x) => conv(x, fixed(5, 1, 3, 3), null, { group: 5 }) },
  {
    name: 'gradient of response normalisation',
    dims: [5, 3, 3],
    traced: (x) => gradient(apply('LRN', [x], { size: 3, alpha: 0.5 })[0], x),
  },
  {
    name: 'attention as equations',
    dims: [5, 2, 3],
    traced: (x) => {
      const scores = writtenOut('Einsum', [x, x], { equation: 'nqhd,nkhd->nhqk' });
      return writtenOut('Einsum', [softmax(scores), x], { equation: 'nhqk,nkhd->nqhd' });
    },
  },
  {
    name: 'cross-entropy against the largest score',
    dims: [7],
    traced: (x) => writtenOut('SoftmaxCrossEntropyLoss', [x, argMax(squared(x), 1)], { reduction: 'none' }),
  },
  ...each([6, 24], (channels) => [
    {
      name: `means of ${channels} channels that were moved to the end`,
      dims: [channels, 8, 8],
      traced: (x) => reduceMean(transpose(squared(x), [0, 2, 3, 1]), [3]),
    },
    {
      name: `means over the pixels of ${channels} channels that were moved to the front`,
      dims: [8, 8, channels],
      traced: (x) => reduceMean(abs(transpose(x, [0, 3, 1, 2])), [2, 3], false),
    },
    {
      name: `deviation of ${channels} channels that were moved to the end`,
      dims: [channels, 8, 8],
      traced: (x) => {
        const last = transpose(x, [0, 2, 3, 1]);
        return reduceMean(squared(sub(last, reduceMean(last, [3]))), [3]);
      },
    },
  ]),
  { name: 'average of 7×7', dims: [3, 7, 7], traced: globalAveragePool },
  {
    name: 'batch normalisation of 5×5',
    dims: [3, 5, 5],
    traced: (x) => batchNormalization(x, { scale: fixed(3), bias: fixed(3), mean: fixed(3), variance: abs(fixed(3)) }),
  },
  {
    name: 'gradient of attention over 17 tokens',
    dims: [3, 17, 8],
    traced: (x) => gradient(squared(matMul(softmax(matMul(x, transpose(x, [0, 1, 3, 2]))), x)), x),
  },
  { name: 'loss and gradient of a residual network', dims: [3, 16, 16], traced: residualNetwork },
  { name: 'loss and gradient of a vision transformer', dims: [3, 16, 16], traced: visionTransformer },
  { name: 'loss and gradient of a denoiser', dims: [3, 16, 16], traced: denoiser },
];
