import { float32 } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { add, batchNormalization, batchNormalizationTraining, conv, relu } from './build.ts';
import { foldBatchNormalization } from './fold-batch-normalization.ts';
import { createGraph } from './graph.ts';
import { topologicalOrder } from './order.ts';
import { constant, input, type Value, vector } from './value.ts';

const images = input('x', ['N', 2, 4, 4]);
const kernel = constant(float32([3, 2, 1, 1], [1, 2, 3, 4, 5, 6]));
const statistics = {
  scale: vector([1, 2, 3]),
  bias: vector([0, 1, 2]),
  mean: vector([3, 2, 1]),
  variance: vector([1, 4, 9]),
};

function operatorsOf(y: Value): readonly string[] {
  const { outputs } = foldBatchNormalization(createGraph([images], { y }));
  return topologicalOrder(outputs.map(({ value }) => value)).map(({ op }) => op);
}

describe('folding batch normalisation', () => {
  it('leaves one convolution, with or without a bias of its own', () => {
    expect(operatorsOf(batchNormalization(conv(images, kernel, null), statistics))).not.toContain('BatchNormalization');
    expect(operatorsOf(batchNormalization(conv(images, kernel, vector([1, 2, 3])), statistics))).toContain('Conv');
  });

  it.each([
    ['after another operator', batchNormalization(relu(conv(images, kernel, null)), statistics)],
    ['by statistics of the batch', batchNormalizationTraining(conv(images, kernel, null), statistics).y],
    [
      'by computed statistics',
      batchNormalization(conv(images, kernel, null), { ...statistics, scale: add(statistics.scale, 1) }),
    ],
  ])('leaves normalisation %s alone', (_, y) => {
    expect(operatorsOf(y)).toContain('BatchNormalization');
  });
});
