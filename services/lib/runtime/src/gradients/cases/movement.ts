import {
  apply,
  concat,
  expand,
  integers,
  mul,
  pad,
  reshape,
  shapeOf,
  slice,
  squeeze,
  toTheEnd,
  toTheStart,
  transpose,
  unsqueeze,
  type Value,
} from '@parallax/graph';
import { type GradientTable, gradientCase } from '../gradient-case.ts';
import { within } from '../samples.ts';

function padded(mode: string, pads: readonly number[]) {
  return (x: Value): Value => apply('Pad', [x, integers(pads), null, null], { mode })[0];
}

export const movement = {
  Concat: [
    gradientCase('three parts along the last axis', [within([2, 1]), within([2, 3]), within([2, 2])], (a, b, c) =>
      concat([a, b, c], -1),
    ),
    gradientCase('an empty part', [within([2, 0]), within([2, 3])], (a, b) => concat([a, b], 1)),
    gradientCase('the same part twice', [within([2, 2])], (a) => concat([a, mul(a, a), a], 0)),
    gradientCase('symbolic batch', [within(['N', 1]), within(['N', 2])], (a, b) => concat([a, b], 1)),
    gradientCase('along the symbolic batch', [within(['N', 2]), within(['N', 2])], (a, b) => concat([a, b], 0)),
  ],
  Expand: [
    gradientCase('an axis of length 1', [within([2, 1])], (x) => expand(x, [2, 3])),
    gradientCase('new leading axes', [within([2])], (x) => expand(x, [3, 1, 2])),
    gradientCase('a scalar', [within([])], (x) => expand(x, [2, 2])),
    gradientCase('to no elements', [within([1, 2])], (x) => expand(x, [0, 2])),
    gradientCase('to a shape known at run time', [within(['N', 2]), within([1, 2])], (x, y) =>
      mul(x, expand(y, shapeOf(x))),
    ),
    gradientCase('along a symbolic batch', [within(['N', 1, 2])], (x) => expand(x, [1, 3, 1])),
  ],
  Pad: [
    gradientCase('zeros around', [within([2, 3])], (x) => pad(x, [1, 0, 0, 2])),
    gradientCase('a number around', [within([2, 3])], (x) => pad(x, [0, 1, 1, 0], 0.5)),
    gradientCase('negative pads crop', [within([4, 3])], (x) => pad(x, [-1, 0, -2, 0])),
    gradientCase('cropped on one side, padded on the other', [within([4])], (x) => pad(x, [-1, 2])),
    gradientCase('cropped to nothing', [within([2])], (x) => pad(x, [-1, -1])),
    gradientCase(
      'some axes named',
      [within([2, 3])],
      (x) => apply('Pad', [x, integers([1, 2]), null, integers([-1])])[0],
    ),
    gradientCase('symbolic batch', [within(['N', 2])], (x) => pad(x, [0, 1, 0, 1])),
    gradientCase(
      'the number around is an input',
      [within([2, 3]), within([])],
      (x, value) => apply('Pad', [x, integers([1, 0, 0, -1]), value, null])[0],
    ),
    ...['reflect', 'edge', 'wrap'].flatMap((mode) => [
      gradientCase(`${mode}, images`, [within([2, 2, 4, 3])], padded(mode, [0, 0, 1, 2, 0, 0, 3, 1])),
      gradientCase(`${mode}, one side`, [within([2, 5])], padded(mode, [0, 0, 0, 3])),
      gradientCase(`${mode}, symbolic batch`, [within(['N', 3, 4])], padded(mode, [0, 1, 2, 0, 2, 0])),
    ]),
    gradientCase('edge, of one entry', [within([2, 1])], padded('edge', [0, 2, 0, 1])),
  ],
  Reshape: [
    gradientCase('flattened', [within([2, 3])], (x) => reshape(x, [-1])),
    gradientCase('0 keeps an axis', [within([2, 3, 2])], (x) => reshape(x, [0, -1])),
    gradientCase('to a scalar', [within([1, 1])], (x) => reshape(x, [])),
    gradientCase('no elements', [within([0, 4])], (x) => reshape(x, [0, 2, 2])),
    gradientCase('symbolic batch', [within(['N', 4])], (x) => reshape(x, [-1, 2, 2])),
    gradientCase('batch and rows merged', [within(['N', 4, 2])], (x) => reshape(x, [-1, 2])),
  ],
  Shape: 'piecewise constant',
  Slice: [
    gradientCase('a range', [within([5])], (x) => slice(x, [{ axis: 0, start: 1, end: 4 }])),
    gradientCase('bounds from the end', [within([2, 5])], (x) => slice(x, [{ axis: -1, start: -4, end: -1 }])),
    gradientCase('every second, ending short', [within([6])], (x) =>
      slice(x, [{ axis: 0, start: 0, end: toTheEnd, step: 2 }]),
    ),
    gradientCase('every second, ending on the last', [within([7])], (x) =>
      slice(x, [{ axis: 0, start: 0, end: toTheEnd, step: 2 }]),
    ),
    gradientCase('every third from 1', [within([8, 2])], (x) => slice(x, [{ axis: 0, start: 1, end: 8, step: 3 }])),
    gradientCase('backwards', [within([4])], (x) => slice(x, [{ axis: 0, start: -1, end: toTheStart, step: -1 }])),
    gradientCase('backwards by two', [within([6])], (x) => slice(x, [{ axis: 0, start: 4, end: 0, step: -2 }])),
    gradientCase('backwards by three from the end', [within([2, 7])], (x) =>
      slice(x, [{ axis: 1, start: toTheEnd, end: toTheStart, step: -3 }]),
    ),
    gradientCase('two axes at once', [within([4, 5])], (x) =>
      slice(x, [
        { axis: 1, start: 4, end: toTheStart, step: -2 },
        { axis: 0, start: 1, end: 3 },
      ]),
    ),
    gradientCase('bounds beyond the axis', [within([3])], (x) => slice(x, [{ axis: 0, start: -9, end: 9 }])),
    gradientCase('nothing', [within([3])], (x) => slice(x, [{ axis: 0, start: 2, end: 1 }])),
    gradientCase('nothing, by steps', [within([3])], (x) => slice(x, [{ axis: 0, start: 2, end: 2, step: 2 }])),
    gradientCase('from nothing', [within([0, 2])], (x) => slice(x, [{ axis: 0, start: 0, end: 4 }])),
    gradientCase('symbolic batch', [within(['N', 5])], (x) => slice(x, [{ axis: 1, start: 3, end: 0, step: -2 }])),
  ],
  Squeeze: [
    gradientCase('some axes', [within([1, 2, 1, 3])], (x) => squeeze(x, [0, -2])),
    gradientCase('to a scalar', [within([1])], (x) => squeeze(x, [0])),
    gradientCase('symbolic batch', [within(['N', 1])], (x) => squeeze(x, [1])),
  ],
  Transpose: [
    gradientCase('of a matrix', [within([2, 3])], (x) => transpose(x, [1, 0])),
    gradientCase('a cycle of three', [within([2, 3, 4])], (x) => transpose(x, [2, 0, 1])),
    gradientCase('no elements', [within([0, 3])], (x) => transpose(x, [1, 0])),
    gradientCase('symbolic batch', [within(['N', 2, 3])], (x) => transpose(x, [1, 0, 2])),
  ],
  Unsqueeze: [
    gradientCase('first and last', [within([2, 3])], (x) => unsqueeze(x, [0, -1])),
    gradientCase('a scalar', [within([])], (x) => unsqueeze(x, [0])),
    gradientCase('symbolic batch', [within(['N', 2])], (x) => unsqueeze(x, [1])),
  ],
} as const satisfies Partial<GradientTable>;
