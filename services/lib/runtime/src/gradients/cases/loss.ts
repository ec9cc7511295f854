import { applyNamed, argMax, cast, constant, integers, vector } from '@parallax/graph';
import { int64 } from '@parallax/tensor';
import { type CompositeTable, type GradientCase, gradientCase, writtenOut } from '../gradient-case.ts';
import { apart, exactly, within } from '../samples.ts';

// The known values are PyTorch's.

const numbers = exactly([2, 3, 2], [1, 2, 0, -1, 3, 1, 0.5, 1, 2, 2, -1, 0]);
const labels = constant(int64([2, 2], [0, 2, 1, 2]));
const weight = cast(vector([1, 2, 0.5]), 'float64');
const logarithms = [
  -2.169846, -0.349012, -3.169846, -3.349012, -0.169846, -1.349012, -1.741311, -1.407606, -0.241311, -0.407606,
  -3.241311, -2.407606,
];

/** A loss of scores [N, C] against the largest of other numbers. */
function againstLargest(op: string): GradientCase {
  return gradientCase('symbolic batch', [apart(['N', 4])], (x) => {
    const [loss] = applyNamed(op, { inputs: [x, argMax(x, 1)], outputs: 1 }, { reduction: 'none' });
    return loss ?? x;
  });
}

export const lossComposites: CompositeTable = {
  NegativeLogLikelihoodLoss: [
    writtenOut('NegativeLogLikelihoodLoss', 'mean', [numbers], {}, { fixed: [labels], expected: [-1] }),
    writtenOut(
      'NegativeLogLikelihoodLoss',
      'mean by weight',
      [numbers],
      {},
      { fixed: [labels, weight], expected: [-1.375] },
    ),
    writtenOut(
      'NegativeLogLikelihoodLoss',
      'mean by weight of what is not ignored',
      [numbers],
      { ignore_index: 2 },
      { fixed: [labels, weight], expected: [-5 / 3] },
    ),
    writtenOut(
      'NegativeLogLikelihoodLoss',
      'sum',
      [numbers],
      { reduction: 'sum' },
      { fixed: [labels, weight], expected: [-5.5] },
    ),
    writtenOut(
      'NegativeLogLikelihoodLoss',
      'each, without those ignored',
      [numbers],
      { reduction: 'none', ignore_index: 2 },
      { fixed: [labels], expected: [-1, 0, -2, 0] },
    ),
    writtenOut(
      'NegativeLogLikelihoodLoss',
      'an ignored label that is no class',
      [within([2, 3])],
      { ignore_index: -1 },
      { fixed: [integers([-1, 2])] },
    ),
    againstLargest('NegativeLogLikelihoodLoss'),
  ],
  SoftmaxCrossEntropyLoss: [
    writtenOut(
      'SoftmaxCrossEntropyLoss',
      'mean',
      [numbers],
      {},
      { fixed: [labels], expected: [1.541944], twice: true },
    ),
    writtenOut(
      'SoftmaxCrossEntropyLoss',
      'mean by weight of what is not ignored',
      [numbers],
      { ignore_index: 1 },
      { fixed: [labels, weight], expected: [2.024077] },
    ),
    writtenOut(
      'SoftmaxCrossEntropyLoss',
      'each',
      [numbers],
      { reduction: 'none' },
      { fixed: [labels], expected: [2.169846, 1.349012, 0.241311, 2.407606] },
    ),
    writtenOut(
      'SoftmaxCrossEntropyLoss',
      'logarithms of the probabilities',
      [numbers],
      {},
      { fixed: [labels], output: 1, expected: logarithms },
    ),
    writtenOut(
      'SoftmaxCrossEntropyLoss',
      'one class',
      [within([2, 1])],
      {},
      { fixed: [integers([0, 0])], expected: [0] },
    ),
    againstLargest('SoftmaxCrossEntropyLoss'),
  ],
};
