import { applyNamed, mul, scalarConstant, type Value } from '@parallax/graph';
import { type CompositeTable, gradientCase, writtenOut } from '../gradient-case.ts';
import { exactly, within } from '../samples.ts';
import { float32Only, float32Twice } from './families.ts';

const twice = { twice: true };

/** Operators of arithmetic that are written out in others. */
export const mathComposites: CompositeTable = {
  CumProd: [
    writtenOut('CumProd', 'along the last axis', [within([2, 5], 0.5, 2)], {}, { ...along(1), twice: true }),
    writtenOut('CumProd', 'along the first axis', [within([3, 2], -2, 2)], {}, along(0)),
    writtenOut(
      'CumProd',
      'through zeros',
      [exactly([5], [2, 0, 3, 0, 1])],
      {},
      { ...along(0), expected: [2, 0, 0, 0, 0] },
    ),
    writtenOut('CumProd', 'one entry', [within([2, 1])], {}, along(-1)),
    writtenOut(
      'CumProd',
      'exclusive',
      [exactly([4], [2, 3, 4, 5])],
      { exclusive: 1 },
      { ...along(0), expected: [1, 2, 6, 24] },
    ),
    writtenOut(
      'CumProd',
      'backwards',
      [exactly([4], [2, 3, 4, 5])],
      { reverse: 1 },
      { ...along(0), expected: [120, 60, 20, 5] },
    ),
    writtenOut(
      'CumProd',
      'exclusive and backwards',
      [exactly([3], [2, 3, 4])],
      { exclusive: 1, reverse: 1 },
      { ...along(0), expected: [12, 4, 1] },
    ),
    writtenOut('CumProd', 'symbolic batch', [within(['N', 3])], {}, along(1)),
  ],
  Dropout: [
    writtenOut('Dropout', 'nothing is dropped', [within([2, 3])], { ratio: 0.9 }),
    writtenOut('Dropout', 'symbolic batch', [within(['N', 3])]),
    writtenOut('Dropout', 'of known numbers', [exactly([2], [1, -2])], {}, { expected: [1, -2] }),
  ],
  EyeLike: [
    gradientCase('as a factor', [exactly([2, 3], [1, 2, 3, 4, 5, 6])], asDiagonal(0), { expected: [1, 0, 0, 0, 5, 0] }),
    gradientCase('above the diagonal', [exactly([2, 2], [1, 2, 3, 4])], asDiagonal(1), { expected: [0, 2, 0, 0] }),
  ],
  Mean: [
    writtenOut('Mean', 'of one operand', [within([3])], {}, twice),
    writtenOut('Mean', 'of operands that are repeated', [within([2, 1, 2]), within([3, 1]), within([])], {}, twice),
    writtenOut('Mean', 'of known numbers', [exactly([2], [1, 2]), exactly([1], [4])], {}, { expected: [2.5, 3] }),
  ],
  Sum: [
    writtenOut('Sum', 'of one operand', [within([3])]),
    writtenOut('Sum', 'of operands that are repeated', [within([2, 1, 2]), within([3, 1]), within([])]),
    writtenOut('Sum', 'of known numbers', [exactly([2], [1, 2]), exactly([1], [4])], {}, { expected: [5, 6] }),
  ],
  // onnxruntime fuses the product into a kernel that it has in float32 only.
  Swish: [
    writtenOut('Swish', 'matrix', [within([2, 3], -2, 2)], {}, float32Twice),
    writtenOut('Swish', 'steeper', [within([2, 3], -2, 2)], { alpha: 1.7 }, float32Twice),
    writtenOut('Swish', 'no elements', [within([0, 3])], {}, float32Only),
    writtenOut('Swish', 'symbolic batch', [within(['N', 3])], {}, float32Only),
    writtenOut(
      'Swish',
      'of known numbers',
      [exactly([2], [0, Math.log(3)])],
      {},
      { ...float32Only, expected: [0, 0.75 * Math.log(3)] },
    ),
  ],
};

/** What of a matrix stands on a diagonal. */
function asDiagonal(k: number) {
  return (x: Value): Value => {
    const [ones = x] = applyNamed('EyeLike', { inputs: [x], outputs: 1 }, { k });
    return mul(x, ones);
  };
}

function along(axis: number) {
  return { fixed: [scalarConstant(axis, 'int64')] };
}
