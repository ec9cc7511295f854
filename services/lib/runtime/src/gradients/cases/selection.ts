import {
  apply,
  cast,
  constant,
  gather,
  gatherElements,
  greater,
  integers,
  mul,
  reshape,
  scatterElements,
  topK,
  type Value,
  where,
} from '@parallax/graph';
import { createTensor } from '@parallax/tensor';
import { type GradientTable, gradientCase } from '../gradient-case.ts';
import { apart, exactly, within } from '../samples.ts';

function booleans(dims: readonly number[], values: readonly number[]): Value {
  return constant(createTensor('bool', dims, Uint8Array.from(values)));
}

function indices(dims: readonly number[], values: readonly number[]): Value {
  return reshape(integers(values), dims);
}

export const selection = {
  Equal: 'not differentiable',
  Greater: 'not differentiable',
  GreaterOrEqual: 'not differentiable',
  Less: 'not differentiable',
  LessOrEqual: 'not differentiable',
  And: 'not differentiable',
  Or: 'not differentiable',
  Xor: 'not differentiable',
  Not: 'not differentiable',
  BitShift: 'not differentiable',
  BitwiseAnd: 'not differentiable',
  BitwiseNot: 'not differentiable',
  BitwiseOr: 'not differentiable',
  BitwiseXor: 'not differentiable',
  IsInf: 'not differentiable',
  IsNaN: 'not differentiable',
  ArgMax: 'not differentiable',
  ArgMin: 'not differentiable',
  OneHot: 'not differentiable',
  Where: [
    gradientCase('fixed condition', [within([2, 2]), within([2, 2])], (x, y) =>
      where(booleans([2, 2], [1, 0, 0, 1]), x, y),
    ),
    gradientCase('condition is repeated', [within([3, 2]), within([3, 2])], (x, y) =>
      where(booleans([2], [1, 0]), x, y),
    ),
    gradientCase('branches are repeated', [within([2]), within([])], (x, y) =>
      where(booleans([3, 1], [1, 0, 1]), x, y),
    ),
    gradientCase('condition depends on the input', [apart([6]), apart([6])], (x, y) =>
      where(greater(x, 0), mul(x, y), y),
    ),
    gradientCase('no elements', [within([0, 2]), within([2])], (x, y) => where(booleans([2], [1, 0]), x, y)),
    gradientCase('symbolic batch', [apart(['N', 2]), within([2])], (x, y) => where(greater(x, 0), x, y)),
  ],
  TopK: [
    gradientCase('values along the last axis', [apart([3, 5])], (x) => topK(x, 2).values),
    gradientCase('values along the first axis', [apart([5, 3])], (x) => topK(x, 3, 0).values),
    gradientCase('smallest', [apart([2, 4])], (x) => apply('TopK', [x, integers([2])], { largest: 0 })[0]),
    gradientCase('all of them', [apart([4])], (x) => topK(x, 4).values),
    gradientCase('symbolic batch', [apart(['N', 4])], (x) => topK(x, 2).values),
  ],
  Gather: [
    gradientCase('rows, one of them twice', [within([4, 2])], (x) => gather(x, integers([3, 1, 3]))),
    gradientCase('negative index on the last axis', [within([2, 3])], (x) => gather(x, integers([-1, 0]), -1)),
    gradientCase('one index, which takes its axis away', [within([2, 3, 2])], (x) => gather(x, indices([], [1]), 1)),
    gradientCase('a matrix of indices', [within([3, 2])], (x) => gather(x, indices([2, 2], [0, 2, 2, 1]))),
    gradientCase('no indices', [within([3, 2])], (x) => gather(x, indices([0], []))),
    gradientCase('symbolic batch', [within(['N', 3])], (x) => gather(x, integers([2, 2]), 1)),
  ],
  GatherElements: [
    gradientCase('along the last axis', [within([2, 3])], (x) => gatherElements(x, indices([2, 2], [0, 0, 2, 1]), 1)),
    gradientCase('along the first axis, of fewer columns', [within([3, 2])], (x) =>
      gatherElements(x, indices([2, 1], [2, 2]), 0),
    ),
    gradientCase('negative axis and index', [within([2, 3])], (x) => gatherElements(x, indices([2, 1], [-1, 0]), -1)),
    gradientCase('computed indices in a symbolic batch', [apart(['N', 4])], (x) =>
      gatherElements(x, apply('ArgMax', [x], { axis: 1 })[0], 1),
    ),
  ],
  ScatterElements: [
    gradientCase('replaces', [within([3, 3]), within([2, 3])], (x, updates) =>
      scatterElements(x, indices([2, 3], [1, 0, 2, 0, 2, 1]), updates, 0),
    ),
    gradientCase('replaces along the last axis', [within([2, 4]), within([2, 2])], (x, updates) =>
      scatterElements(x, indices([2, 2], [1, 0, 3, 2]), updates, -1),
    ),
    gradientCase('adds, twice in one place', [within([4]), within([3])], (x, updates) =>
      scatterElements(x, integers([1, 1, 3]), updates, 0, 'add'),
    ),
    ...['mul', 'max', 'min'].flatMap((reduction) => [
      gradientCase(`${reduction}, twice in one place`, [apart([5]), apart([3])], (x, updates) =>
        scatterElements(x, integers([1, 1, 3]), updates, 0, reduction),
      ),
      gradientCase(`${reduction}, columns`, [apart([2, 3]), apart([2, 2])], (x, updates) =>
        scatterElements(x, indices([2, 2], [2, 0, -1, 1]), updates, 1, reduction),
      ),
    ]),
    ...[
      ['one factor is 0', [0, 2]],
      ['two factors are 0', [0, 0]],
    ].map(([name, factors]) =>
      gradientCase(`mul, ${String(name)}`, [exactly([2], [3, 4]), exactly([2], factors as number[])], (x, updates) =>
        scatterElements(x, integers([1, 1]), updates, 0, 'mul'),
      ),
    ),
    gradientCase('symbolic batch', [apart(['N', 4]), within(['N', 1])], (x, updates) =>
      scatterElements(x, cast(apply('ArgMax', [x], { axis: 1 })[0], 'int64'), updates, 1),
    ),
  ],
} as const satisfies Partial<GradientTable>;
