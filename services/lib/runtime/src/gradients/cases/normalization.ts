import {
  apply,
  batchNormalization,
  batchNormalizationTraining,
  layerNormalization,
  type Value,
  vector,
} from '@parallax/graph';
import { type CompositeTable, type GradientTable, gradientCase, writtenOut } from '../gradient-case.ts';
import { apart, exactly, type Sample, within } from '../samples.ts';
import { float32Only, float32Twice } from './families.ts';

const twice = { twice: true };

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
  // onnxruntime's own kernel, in float32, where four pixels fill a packet; elsewhere its definition.
  InstanceNormalization: [
    gradientCase('images', instanceSamples([2, 3, 2, 2]), instance, float32Only),
    gradientCase('images of uneven size', instanceSamples([2, 3, 2, 3]), instance, twice),
    gradientCase('sequences', instanceSamples([2, 2, 5]), instance, twice),
    gradientCase('volumes', instanceSamples([1, 2, 2, 1, 3]), instance),
    gradientCase('one channel', instanceSamples([2, 1, 2, 2]), instance),
    gradientCase('one pixel', instanceSamples([2, 2, 1, 1]), instance),
    gradientCase('symbolic batch', instanceSamples(['N', 2, 2, 2]), instance),
    gradientCase(
      'of known numbers',
      [exactly([1, 2, 4], [1, 2, 3, 6, -1, 0, 1, 4]), exactly([2], [1, 2]), exactly([2], [0.5, -1])],
      instance,
      { expected: [-0.554093, -0.027046, 0.5, 2.081139, -3.108185, -2.054092, -1.0, 2.162278] },
    ),
  ],
  LayerNormalization: [
    gradientCase('last axis', [within([3, 5], -5, 5), within([5], 0.5, 1.5), within([5])], layer(-1), float32Twice),
    gradientCase(
      'last axis of three',
      [within([2, 3, 4], -5, 5), within([4], 0.5, 1.5), within([4])],
      layer(-1),
      float32Twice,
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
    gradientCase('its means', [within([3, 5], -5, 5)], statistic(1), float32Twice),
    gradientCase('its deviations', [within([3, 5], -5, 5)], statistic(2), float32Twice),
  ],
  LpNormalization: [
    gradientCase('last axis', [within([2, 4])], lp(-1, 2), twice),
    gradientCase('first axis', [within([3, 2])], lp(0, 2), twice),
    gradientCase('middle axis', [within([2, 3, 2])], lp(1, 2), twice),
    gradientCase('sum of absolute values', [apart([2, 4])], lp(-1, 1)),
    gradientCase('an axis of length 1', [apart([3, 1])], lp(1, 2)),
    gradientCase('symbolic batch', [within(['N', 3])], lp(1, 2)),
  ],
  LRN: [
    gradientCase('three of five channels', [within([2, 5, 2, 2], -2, 2)], response(3), twice),
    gradientCase('five of six channels', [within([2, 6, 2, 1], -2, 2)], response(5)),
    gradientCase('a window wider than the channels', [within([2, 3, 1, 2], -2, 2)], response(9), twice),
    gradientCase('one channel', [within([1, 1, 2, 2], -2, 2)], response(1)),
    gradientCase('symbolic batch', [within(['N', 4, 2, 2], -2, 2)], response(3)),
    gradientCase('of known numbers', [exactly([1, 3, 1, 2], [1, 2, -3, 4, 0.5, -1])], response(3), {
      expected: [0.405576, 0.597026, -1.204721, 1.166281, 0.209126, -0.32231],
    }),
  ],
} as const satisfies Partial<GradientTable>;

/** Operators that are written out; the known values are PyTorch's. */
export const normalizationComposites: CompositeTable = {
  GroupNormalization: [
    writtenOut(
      'GroupNormalization',
      'two groups of two channels',
      instanceSamples([2, 4, 2, 2]),
      groups(2),
      float32Only,
    ),
    writtenOut('GroupNormalization', 'one group', instanceSamples([2, 3, 3]), groups(1)),
    writtenOut('GroupNormalization', 'a group for each channel', instanceSamples([2, 3, 2, 2]), groups(3)),
    writtenOut('GroupNormalization', 'symbolic batch', instanceSamples(['N', 4, 2, 2]), groups(2)),
    writtenOut(
      'GroupNormalization',
      'of known numbers',
      [exactly([1, 4, 2], [1, 2, 3, 5, -1, 0, 4, 9]), exactly([4], [1, 2, 3, 4]), exactly([4], [0, 1, 0, -1])],
      { num_groups: 2 },
      {
        ...float32Only,
        expected: [-1.183213, -0.507091, 1.338061, 4.042548, -3.048002, -2.286002, 0.016001, 5.096004],
      },
    ),
  ],
  MeanVarianceNormalization: [
    writtenOut('MeanVarianceNormalization', 'images', [within([2, 3, 2, 2], -2, 2)], {}, twice),
    writtenOut('MeanVarianceNormalization', 'over the last axis', [within([3, 5], -2, 2)], { axes: [1] }, twice),
    writtenOut('MeanVarianceNormalization', 'symbolic batch', [within(['N', 2, 3], -2, 2)], { axes: [0, 2] }),
    writtenOut(
      'MeanVarianceNormalization',
      'of known numbers',
      [exactly([1, 4], [1, 2, 3, 6])],
      { axes: [1] },
      { expected: [-2, -1, 0, 3].map((each) => each / Math.sqrt(3.5)) },
    ),
  ],
  RMSNormalization: [
    writtenOut('RMSNormalization', 'last axis', [within([3, 5], -2, 2), within([5], 0.5, 1.5)], {}, twice),
    writtenOut('RMSNormalization', 'last two axes', [within([2, 3, 2], -2, 2), within([3, 2])], { axis: 1 }, twice),
    writtenOut('RMSNormalization', 'no rows', [within([0, 5]), within([5])]),
    writtenOut('RMSNormalization', 'symbolic batch', [within(['N', 3, 4], -2, 2), within([4])]),
    writtenOut(
      'RMSNormalization',
      'of known numbers',
      [exactly([4], [1, -1, 3, 1]), exactly([4], [1, 2, 1, 4])],
      { epsilon: 1 },
      { expected: [1, -2, 3, 4].map((each) => each / 2) },
    ),
  ],
};

/** x [N, C, …] with scale and bias [C]. */
function instanceSamples(shape: Sample['shape']): readonly Sample[] {
  return [within(shape, -5, 5), ...batchSamples(shape).slice(1, 3)];
}

function instance(x: Value, scale: Value, bias: Value): Value {
  return apply('InstanceNormalization', [x, scale, bias], { epsilon: 0.1 })[0];
}

function groups(num_groups: number) {
  return { num_groups, epsilon: 0.1 };
}

function lp(axis: number, p: number) {
  return (x: Value): Value => apply('LpNormalization', [x], { axis, p })[0];
}

function response(size: number) {
  return (x: Value): Value => apply('LRN', [x], { size, alpha: 0.9, beta: 0.6, bias: 1.5 })[0];
}

function layer(axis: number) {
  return (x: Value, scale: Value, bias: Value): Value => layerNormalization(x, scale, bias, axis, 1e-3);
}

function statistic(output: number) {
  return (x: Value): Value =>
    apply('LayerNormalization', [x, vector([1, 1, 1, 1, 1]), null], { epsilon: 1e-3 })[output] ?? x;
}
