import {
  apply,
  differentiate,
  integers,
  logSoftmax,
  type OpName,
  reduceL2,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  type Shape,
  scalarConstant,
  softmax,
  type Value,
} from '@parallax/graph';
import { type GradientCase, type GradientTable, gradientCase } from '../gradient-case.ts';
import { apart, exactly, type Sample, within } from '../samples.ts';
import { type CaseOptions, float32Only, float32Twice, positive } from './families.ts';

type Reduction = (x: Value, axes?: readonly number[], keepdims?: boolean) => Value;

const everywhere = (shape: Shape): Sample => within(shape);

function reduction(reduce: Reduction, domain: (shape: Shape) => Sample, options: CaseOptions): readonly GradientCase[] {
  const once: CaseOptions = { ...options, twice: false };
  return [
    gradientCase('all axes, kept', [domain([2, 3])], (x) => reduce(x), options),
    gradientCase('all axes, gone', [domain([2, 3])], (x) => reduce(x, undefined, false), options),
    gradientCase('last axis, gone', [domain([2, 3])], (x) => reduce(x, [-1], false), options),
    gradientCase('first and last of three', [domain([2, 3, 2])], (x) => reduce(x, [0, 2]), options),
    gradientCase('middle axis, gone', [domain([2, 3, 2])], (x) => reduce(x, [1], false), options),
    gradientCase('an axis of length 1', [domain([3, 1])], (x) => reduce(x, [1], false), options),
    gradientCase('no rows', [domain([0, 3])], (x) => reduce(x, [1]), options),
    gradientCase('symbolic batch kept', [domain(['N', 3, 2])], (x) => reduce(x, [1, 2], false), once),
    gradientCase('symbolic batch reduced', [domain(['N', 3])], (x) => reduce(x, [0], false), once),
    gradientCase('two symbolic axes', [domain(['N', 2, 'T'])], (x) => reduce(x, [2], false), once),
  ];
}

function softmaxCases(normalize: (x: Value, axis?: number) => Value): readonly GradientCase[] {
  return [
    gradientCase('last axis', [within([2, 4], -2, 2)], (x) => normalize(x), { twice: true }),
    gradientCase('first axis', [within([3, 2], -2, 2)], (x) => normalize(x, 0), { twice: true }),
    gradientCase('middle axis', [within([2, 3, 2], -2, 2)], (x) => normalize(x, 1), { twice: true }),
    gradientCase('one class', [within([3, 1])], (x) => normalize(x), { twice: true }),
    gradientCase('no rows', [within([0, 3])], (x) => normalize(x)),
    gradientCase('symbolic batch', [within(['N', 3])], (x) => normalize(x)),
  ];
}

function named(op: Extract<OpName, `Reduce${string}`>): Reduction {
  return (x, axes, keepdims = true) =>
    apply(op, [x, axes === undefined ? null : integers(axes)], { keepdims: keepdims ? 1 : 0 })[0];
}

function cumulative(axis: number, exclusive = 0, reverse = 0): (x: Value) => Value {
  return (x) => apply('CumSum', [x, scalarConstant(axis, 'int64')], { exclusive, reverse })[0];
}

/** Rows of three factors. The square of a product tells nothing of its second derivatives where it is 0. */
const zeroPatterns: readonly (readonly [name: string, ...rows: number[]])[] = [
  ['one 0', 1, 0, 2, 3, 1, 2],
  ['two 0', 0, 2, 0, 3, 1, 2],
  ['three 0', 0, 0, 0, 3, 0, 0],
];

function slopeOfProduct(x: Value): Value {
  const [slope] = differentiate(reduceProd(x, [1]), [x]);
  return slope ?? x;
}

export const reductions = {
  CumSum: [
    gradientCase('along the last axis', [within([2, 4])], cumulative(-1), { twice: true }),
    gradientCase('along the first of three axes', [within([3, 2, 2])], cumulative(0), { twice: true }),
    gradientCase('exclusive', [within([2, 4])], cumulative(1, 1)),
    gradientCase('backwards', [within([2, 4])], cumulative(1, 0, 1)),
    gradientCase('exclusive and backwards', [within([2, 4])], cumulative(1, 1, 1)),
    gradientCase('one entry, excluded', [within([1])], cumulative(0, 1)),
    gradientCase('no rows', [within([0, 3])], cumulative(1)),
    gradientCase('symbolic batch', [within(['N', 3])], cumulative(1)),
    gradientCase('along a symbolic batch', [within(['N', 3])], cumulative(0, 1, 1)),
  ],
  ReduceL1: reduction(named('ReduceL1'), apart, {}),
  ReduceL2: reduction(reduceL2, apart, { twice: true }),
  ReduceLogSum: reduction(named('ReduceLogSum'), positive, { twice: true }),
  ReduceLogSumExp: reduction(named('ReduceLogSumExp'), everywhere, { twice: true }),
  ReduceMax: reduction(reduceMax, apart, {}),
  ReduceMean: reduction(reduceMean, everywhere, { twice: true }),
  ReduceMin: reduction(reduceMin, apart, {}),
  ReduceProd: [
    ...reduction(reduceProd, positive, float32Twice),
    gradientCase('of both signs', [exactly([4], [-1, 2, -0.5, -1.5])], (x) => reduceProd(x), float32Twice),
    ...zeroPatterns.flatMap(([name, ...rows]) => [
      gradientCase(name, [exactly([rows.length / 3, 3], rows)], (x) => reduceProd(x, [1]), float32Only),
      gradientCase(`gradient of ${name}`, [exactly([rows.length / 3, 3], rows)], slopeOfProduct, float32Only),
    ]),
  ],
  ReduceSum: reduction(reduceSum, everywhere, { twice: true }),
  ReduceSumSquare: reduction(named('ReduceSumSquare'), everywhere, { twice: true }),
  Hardmax: 'piecewise constant',
  LogSoftmax: softmaxCases(logSoftmax),
  Softmax: softmaxCases(softmax),
} as const satisfies Partial<GradientTable>;
