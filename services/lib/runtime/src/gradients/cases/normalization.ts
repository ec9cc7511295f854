import { batchNormalization, batchNormalizationTraining, layerNormalization, type Value } from '@parallax/graph';
import { type GradientTable, gradientCase } from '../gradient-case.ts';
import { type Sample, within } from '../samples.ts';

const twice = { twice: true };

// The statistics of a layer are float32 whatever its input.
const float32Only = { precision: 'float32' } as const;

/** x [N, C, …] with scale, bias, mean and variance [C]. */
function batchSamples(shape: Sample['shape']): readonly Sample[] {
  const channels = shape[1] ?? 0;
  return [
    within(shape, -2, 2),
    within([channels], 0.5, 1.5),
    within([channels]),
    within([channels]),
    within([channels], 0.5, 2),
  ];
}

function inference(x: Value, scale: Value, bias: Value, mean: Value, variance: Value): Value {
  return batchNormalization(x, { scale, bias, mean, variance }, 1e-3);
}

/** The given statistics are not used in training, so they stay out of the differentiation. */
function training(x: Value, scale: Value, bias: Value): Value {
  return batchNormalizationTraining(x, { scale, bias, mean: bias, variance: scale }, 1e-3).y;
}

export const normalization = {
  BatchNormalization: [
    gradientCase('inference, images', batchSamples([2, 3, 2, 2]), inference, twice),
    gradientCase('inference, vectors', batchSamples([4, 3]), inference, twice),
    gradientCase('inference, one channel, one pixel', batchSamples([1, 1, 1, 1]), inference),
    gradientCase('inference, no images', batchSamples([0, 2, 2, 2]), inference),
    gradientCase('inference, symbolic batch', batchSamples(['N', 2, 2, 2]), inference),
    gradientCase('training, images', batchSamples([3, 2, 2, 3]).slice(0, 3), training),
    gradientCase('training, sequences', batchSamples([2, 3, 4]).slice(0, 3), training),
    gradientCase('training, vectors', batchSamples([5, 3]).slice(0, 3), training),
    gradientCase('training, symbolic batch', batchSamples(['N', 2, 2, 2]).slice(0, 3), training),
  ],
  LayerNormalization: [
    gradientCase('last axis', [within([3, 5], -5, 5), within([5], 0.5, 1.5), within([5])], layer(-1), float32Only),
    gradientCase(
      'last axis of three',
      [within([2, 3, 4], -5, 5), within([4], 0.5, 1.5), within([4])],
      layer(-1),
      float32Only,
    ),
    gradientCase(
      'last two axes',
      [within([2, 3, 4], -5, 5), within([3, 4], 0.5, 1.5), within([3, 4])],
      layer(1),
      float32Only,
    ),
    gradientCase('all axes', [within([3, 4], -5, 5), within([3, 4], 0.5, 1.5), within([3, 4])], layer(0), float32Only),
    gradientCase(
      'without bias',
      [within([3, 5], -5, 5), within([5], 0.5, 1.5)],
      (x, s) => layerNormalization(x, s, null),
      float32Only,
    ),
    gradientCase('no rows', [within([0, 5], -5, 5), within([5]), within([5])], layer(-1), float32Only),
    gradientCase(
      'symbolic batch',
      [within(['N', 3, 4], -5, 5), within([4], 0.5, 1.5), within([4])],
      layer(-1),
      float32Only,
    ),
    gradientCase(
      'symbolic batch, two axes',
      [within(['N', 3, 4], -5, 5), within([3, 4]), within([3, 4])],
      layer(1),
      float32Only,
    ),
  ],
} as const satisfies Partial<GradientTable>;

function layer(axis: number) {
  return (x: Value, scale: Value, bias: Value): Value => layerNormalization(x, scale, bias, axis, 1e-3);
}
