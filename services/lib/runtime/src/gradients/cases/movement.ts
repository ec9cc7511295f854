import {
  apply,
  concat,
  constant,
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
import { createTensor } from '@parallax/tensor';
import { type CompositeTable, type GradientTable, gradientCase, writtenOut } from '../gradient-case.ts';
import { exactly, within } from '../samples.ts';

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

const counted = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

function condition(values: readonly number[]): Value {
  return constant(createTensor('bool', [values.length], Uint8Array.from(values)));
}

export const movementComposites = {
  CenterCropPad: [
    writtenOut('CenterCropPad', 'one axis cropped, one padded', [within([4, 3])], {}, { fixed: [integers([1, 6])] }),
    writtenOut(
      'CenterCropPad',
      'some axes, symbolic batch',
      [within(['N', 3, 5])],
      { axes: [-1] },
      { fixed: [integers([2])] },
    ),
    writtenOut(
      'CenterCropPad',
      'odd remainders stand at the end',
      [exactly([5], [1, 2, 3, 4, 5])],
      {},
      { fixed: [integers([2])], expected: [2, 3] },
    ),
    writtenOut(
      'CenterCropPad',
      'odd pads',
      [exactly([1], [7])],
      {},
      { fixed: [integers([4])], expected: [0, 7, 0, 0] },
    ),
  ],
  Compress: [
    writtenOut('Compress', 'rows', [within([3, 2])], { axis: 0 }, { fixed: [condition([0, 1, 1])] }),
    writtenOut(
      'Compress',
      'fewer conditions than columns',
      [within(['N', 4])],
      { axis: -1 },
      { fixed: [condition([1, 0, 1])] },
    ),
    writtenOut(
      'Compress',
      'elements',
      [exactly([3, 2], [1, 2, 3, 4, 5, 6])],
      {},
      { fixed: [condition([0, 1, 0, 0, 1])], expected: [2, 5] },
    ),
  ],
  DepthToSpace: [
    ...['DCR', 'CRD'].flatMap((mode) => [
      writtenOut('DepthToSpace', mode, [within([2, 12, 2, 3])], { blocksize: 2, mode }),
      writtenOut('DepthToSpace', `${mode}, symbolic batch`, [within(['N', 9, 1, 2])], { blocksize: 3, mode }),
    ]),
    writtenOut(
      'DepthToSpace',
      'depth, column, row',
      [exactly([1, 8, 1, 1], counted(8))],
      { blocksize: 2 },
      { expected: [0, 2, 4, 6, 1, 3, 5, 7] },
    ),
    writtenOut(
      'DepthToSpace',
      'column, row, depth',
      [exactly([1, 8, 1, 1], counted(8))],
      { blocksize: 2, mode: 'CRD' },
      { expected: counted(8) },
    ),
  ],
  SpaceToDepth: [
    writtenOut('SpaceToDepth', 'blocks of 2', [within([2, 3, 4, 6])], { blocksize: 2 }),
    writtenOut('SpaceToDepth', 'symbolic batch', [within(['N', 1, 3, 3])], { blocksize: 3 }),
    writtenOut(
      'SpaceToDepth',
      'one block',
      [exactly([1, 2, 2, 2], counted(8))],
      { blocksize: 2 },
      { expected: [0, 4, 1, 5, 2, 6, 3, 7] },
    ),
  ],
  Split: [
    writtenOut('Split', 'the second of equal parts', [within([2, 6])], { axis: 1 }, { output: 1, outputs: 3 }),
    writtenOut(
      'Split',
      'a shorter last part',
      [exactly([7], counted(7))],
      { num_outputs: 3 },
      { output: 2, expected: [6] },
    ),
    writtenOut(
      'Split',
      'lengths as an input',
      [within(['N', 5])],
      { axis: -1 },
      { fixed: [integers([2, 3])], output: 1 },
    ),
    writtenOut('Split', 'lengths as an attribute', [within([5, 2])], { split: [1, 0, 4] }, { output: 1, outputs: 3 }),
  ],
  Tile: [
    writtenOut(
      'Tile',
      'both axes',
      [exactly([1, 2], [1, 2])],
      {},
      { fixed: [integers([2, 2])], expected: [1, 2, 1, 2, 1, 2, 1, 2] },
    ),
    writtenOut('Tile', 'one axis of three', [within([2, 3, 2])], {}, { fixed: [integers([1, 3, 1])] }),
    writtenOut('Tile', 'symbolic batch', [within(['N', 2])], {}, { fixed: [integers([1, 3])] }),
    writtenOut('Tile', 'along the symbolic batch', [within(['N', 2])], {}, { fixed: [integers([2, 1])] }),
  ],
  Trilu: [
    writtenOut('Trilu', 'upper', [exactly([2, 3], [1, 2, 3, 4, 5, 6])], {}, { expected: [1, 2, 3, 0, 5, 6] }),
    writtenOut('Trilu', 'lower', [exactly([2, 3], [1, 2, 3, 4, 5, 6])], { upper: 0 }, { expected: [1, 0, 0, 4, 5, 0] }),
    writtenOut('Trilu', 'above the diagonal', [within([2, 3, 3])], {}, { fixed: [integers([1])] }),
    writtenOut(
      'Trilu',
      'below the diagonal, symbolic batch',
      [within(['N', 4, 3])],
      { upper: 0 },
      { fixed: [integers([-1])] },
    ),
  ],
} as const satisfies CompositeTable;
