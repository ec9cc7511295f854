import { integers, reshape, type Value } from '@parallax/graph';
import { type CompositeTable, type GradientTable, writtenOut } from '../gradient-case.ts';
import { apart, exactly, within } from '../samples.ts';

function indices(dims: readonly number[], values: readonly number[]): Value {
  return reshape(integers(values), dims);
}

export const indexing = {
  NonZero: 'not differentiable',
  Range: 'not differentiable',
  Unique: 'not differentiable',
} as const satisfies Partial<GradientTable>;

const reductions = ['add', 'mul', 'max', 'min'] as const;

/** Where all entries are summed, one of them chosen, and so on, in the middle place, which is met twice. */
const combined: Readonly<Record<(typeof reductions)[number], readonly number[]>> = {
  add: [1, 11, 3],
  mul: [1, 40, 3],
  max: [1, 5, 3],
  min: [1, 2, 3],
};

export const indexingComposites = {
  GatherND: [
    writtenOut(
      'GatherND',
      'elements',
      [exactly([2, 2], [1, 2, 3, 4])],
      {},
      { fixed: [indices([2, 2], [0, 0, -1, 1])], expected: [1, 4] },
    ),
    writtenOut(
      'GatherND',
      'rows, one of them twice',
      [within([3, 2, 2])],
      {},
      { fixed: [indices([3, 2], [2, 0, 2, 0, 0, 1])] },
    ),
    writtenOut(
      'GatherND',
      'a matrix of positions',
      [within([4, 3])],
      {},
      { fixed: [indices([2, 2, 1], [3, 0, 0, 1])] },
    ),
    writtenOut(
      'GatherND',
      'batch by batch',
      [exactly([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7])],
      { batch_dims: 1 },
      { fixed: [indices([2, 1], [1, 0])], expected: [2, 3, 4, 5] },
    ),
    writtenOut(
      'GatherND',
      'two batch axes',
      [within([2, 2, 3, 2])],
      { batch_dims: 2 },
      { fixed: [indices([2, 2, 2, 1], [0, 2, 1, 1, 2, 2, 0, 1])] },
    ),
    writtenOut('GatherND', 'symbolic batch', [within(['N', 3, 2])], {}, { fixed: [indices([2, 2], [0, 2, 1, 0])] }),
  ],
  MaxUnpool: [
    writtenOut(
      'MaxUnpool',
      'blocks of 2',
      [exactly([1, 1, 1, 2], [5, 6]), indices([1, 1, 1, 2], [1, 6])],
      { kernel_shape: [2, 2], strides: [2, 2] },
      { expected: [0, 5, 0, 0, 0, 0, 6, 0] },
    ),
    writtenOut(
      'MaxUnpool',
      'two channels to a larger output',
      [within([1, 2, 1, 1]), indices([1, 2, 1, 1], [3, 11]), integers([1, 2, 3, 3])],
      { kernel_shape: [2, 2] },
    ),
  ],
  ReverseSequence: [
    writtenOut(
      'ReverseSequence',
      'time first',
      [exactly([3, 2], [0, 1, 2, 3, 4, 5]), integers([2, 3])],
      {},
      { expected: [2, 5, 0, 3, 4, 1] },
    ),
    writtenOut('ReverseSequence', 'batch first', [within([2, 4, 2]), integers([4, 1])], {
      batch_axis: 0,
      time_axis: 1,
    }),
  ],
  ScatterND: [
    writtenOut(
      'ScatterND',
      'replaces rows',
      [exactly([3, 2], [1, 2, 3, 4, 5, 6]), indices([2, 1], [2, 0]), exactly([2, 2], [7, 8, 9, 10])],
      {},
      { expected: [9, 10, 3, 4, 7, 8] },
    ),
    writtenOut('ScatterND', 'replaces elements', [within([2, 3]), indices([2, 2], [0, -1, 1, 0]), within([2])]),
    writtenOut(
      'ScatterND',
      'adds to a symbolic batch',
      [within(['N', 2]), indices([2, 2], [0, 1, 2, 0]), within([2])],
      {
        reduction: 'add',
      },
    ),
    ...reductions.map((reduction) =>
      writtenOut(
        'ScatterND',
        `${reduction}, one place twice`,
        [exactly([3], [1, 2, 3]), indices([2, 1], [1, 1]), exactly([2], [4, 5])],
        { reduction },
        { expected: combined[reduction] },
      ),
    ),
    ...reductions.map((reduction) =>
      writtenOut('ScatterND', `${reduction}, rows`, [apart([3, 2]), indices([2, 1], [1, 1]), apart([2, 2])], {
        reduction,
      }),
    ),
  ],
} as const satisfies CompositeTable;
