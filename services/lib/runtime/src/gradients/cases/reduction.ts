import {
  logSoftmax,
  reduceL2,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  type Shape,
  softmax,
  type Value,
} from '@parallax/graph';
import { type GradientCase, type GradientTable, gradientCase } from '../gradient-case.ts';
import { apart, type Sample, within } from '../samples.ts';

type Reduction = (x: Value, axes?: readonly number[], keepdims?: boolean) => Value;

const everywhere = (shape: Shape): Sample => within(shape);

function reduction(
  reduce: Reduction,
  domain: (shape: Shape) => Sample,
  options: Pick<GradientCase, 'twice'>,
): readonly GradientCase[] {
  const once = { ...options, twice: false };
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

export const reductions = {
  ReduceL2: reduction(reduceL2, apart, { twice: true }),
  ReduceMax: reduction(reduceMax, apart, {}),
  ReduceMean: reduction(reduceMean, everywhere, { twice: true }),
  ReduceMin: reduction(reduceMin, apart, {}),
  ReduceSum: reduction(reduceSum, everywhere, { twice: true }),
  LogSoftmax: softmaxCases(logSoftmax),
  Softmax: softmaxCases(softmax),
} as const satisfies Partial<GradientTable>;
