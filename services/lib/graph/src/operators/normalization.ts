import { add, batchNormalization, cast, div, mul, neg, pow, reduceMean, reduceSum, sqrt, sub } from '../build.ts';
import { GraphError } from '../errors.ts';
import type { Family, GradientContext } from '../operator.ts';
import { scalarConstant, type Value } from '../value.ts';
import {
  channelReductionAxes,
  countOf,
  expandLike,
  float,
  floatTypes,
  info,
  int,
  perChannel,
  requireAxis,
  requireBroadcast,
  requireSameType,
  requireShape,
  requireType,
} from './shared.ts';

type BatchContext = GradientContext<'BatchNormalization'>;
type BatchGradients = [
  x: Value | null,
  scale: Value | null,
  bias: Value | null,
  mean: Value | null,
  variance: Value | null,
];

/** Statistics are constants: y = scale·(x - mean)·invStd + bias. */
function inferenceGradients({ inputs, gradient: g, attributes }: BatchContext): BatchGradients {
  const [x, scale, , mean, variance] = inputs;
  const rank = x.shape.length;
  const axes = channelReductionAxes(rank);
  const invStd = pow(add(variance, attributes.epsilon), -0.5);
  const gain = mul(scale, invStd);
  const centred = reduceSum(mul(g, sub(x, perChannel(mean, rank))), axes, false);
  const total = reduceSum(g, axes, false);
  return [
    mul(g, perChannel(gain, rank)),
    mul(centred, invStd),
    total,
    neg(mul(total, gain)),
    mul(mul(centred, gain), div(-0.5, add(variance, attributes.epsilon))),
  ];
}

/**
 * Statistics depend on the batch: scale' = Σg·x̂, bias' = Σg, x' = a·(g - bias'/n - x̂·scale'/n) with a = scale·invStd
 * and x̂ = (x - mean)·invStd. The last is collected into one affine map per channel of g and of x, so that the large
 * tensors are read as seldom as possible.
 */
function trainingGradients({ inputs, outputs, gradient: g, attributes }: BatchContext): BatchGradients {
  const [x, scale] = inputs;
  const [, mean, variance] = outputs;
  if (mean === undefined || variance === undefined)
    throw new GraphError('BatchNormalization', 'expected three outputs');
  const rank = x.shape.length;
  const axes = channelReductionAxes(rank);
  const invStd = div(1, sqrt(add(variance, attributes.epsilon)));
  const gain = mul(scale, invStd);
  const count = countOf(x, axes);
  const total = reduceSum(g, axes, false);
  const aligned = mul(sub(reduceSum(mul(g, x), axes, false), mul(mean, total)), invStd);
  const slope = neg(mul(mul(gain, invStd), div(aligned, count)));
  const offset = neg(add(mul(gain, div(total, count)), mul(slope, mean)));
  const unit = {
    mean: expandLike(scalarConstant(0, x.dtype), mean),
    variance: expandLike(scalarConstant(1, x.dtype), mean),
  };
  const fromX = batchNormalization(x, { scale: slope, bias: offset, ...unit }, 0);
  return [add(mul(g, perChannel(gain, rank)), fromX), aligned, total, null, null];
}

/** x' = invStd·(h - mean(h) - x̂·mean(h·x̂)) with h = g·scale. */
function layerGradients({
  inputs,
  outputs,
  gradient: g,
  attributes,
}: GradientContext<'LayerNormalization'>): [Value | null, Value | null, Value | null] {
  const [x, scale, bias] = inputs;
  const [, mean, invStd] = outputs;
  if (mean === undefined || invStd === undefined) throw new GraphError('LayerNormalization', 'expected three outputs');
  const first = requireAxis('LayerNormalization', attributes.axis, x.shape.length);
  const axes = [...x.shape.keys()].filter((axis) => axis >= first);
  const scatter = cast(invStd, x.dtype);
  const normal = mul(sub(x, cast(mean, x.dtype)), scatter);
  const scaled = mul(g, scale);
  const spread = sub(scaled, reduceMean(scaled, axes));
  return [
    mul(scatter, sub(spread, mul(normal, reduceMean(mul(scaled, normal), axes)))),
    mul(g, normal),
    bias === null ? null : g,
  ];
}

export const normalization: Family<'BatchNormalization' | 'LayerNormalization'> = {
  BatchNormalization: {
    attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
    infer: ([x, scale, bias, mean, variance], { training_mode }) => {
      requireType('BatchNormalization', 'x', x, floatTypes);
      for (const [name, vector] of Object.entries({ scale, bias, mean, variance })) {
        requireSameType('BatchNormalization', x, vector);
        requireShape('BatchNormalization', name, vector, x.shape.slice(1, 2));
      }
      const y = info(x.dtype, x.shape);
      return training_mode === 1 ? [y, info(x.dtype, scale.shape), info(x.dtype, scale.shape)] : [y];
    },
    gradient: (context) =>
      context.attributes.training_mode === 1 ? trainingGradients(context) : inferenceGradients(context),
  },
  LayerNormalization: {
    attributes: { axis: int(-1), epsilon: float(1e-5) },
    infer: ([x, scale, bias], { axis }) => {
      requireType('LayerNormalization', 'x', x, floatTypes);
      const first = requireAxis('LayerNormalization', axis, x.shape.length);
      for (const [name, value] of Object.entries({ scale, bias })) {
        if (value === null) continue;
        requireSameType('LayerNormalization', x, value);
        requireBroadcast('LayerNormalization', name, value, x.shape.slice(first));
      }
      // The specification computes statistics in float32, whatever the input.
      const statistics = info(
        'float32',
        x.shape.map((dim, at) => (at < first ? dim : 1)),
      );
      return [info(x.dtype, x.shape), statistics, statistics];
    },
    gradient: layerGradients,
  },
};
