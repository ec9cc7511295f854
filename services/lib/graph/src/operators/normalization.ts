import {
  abs,
  add,
  batchNormalization,
  cast,
  channelSums,
  div,
  equal,
  mul,
  neg,
  pow,
  reduceL2,
  reduceMean,
  reduceSum,
  sign,
  sqrt,
  sub,
  where,
} from '../build.ts';
import { GraphError } from '../errors.ts';
import type { Family, GradientContext } from '../operator.ts';
import type { NormalizationSignatures } from '../signatures/normalization.ts';
import { scalarConstant, type Value } from '../value.ts';
import {
  channelReductionAxes,
  countOf,
  expandLike,
  float,
  floatLike,
  floatTypes,
  info,
  int,
  like,
  perChannel,
  requireAxis,
  requireBroadcast,
  requireRank,
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

/** The gradient of (x - mean)·invStd, the normal form of x over some axes: invStd·(h - mean(h) - x̂·mean(h·x̂)). */
function standardizedGradient(h: Value, normal: Value, invStd: Value, axes: readonly number[]): Value {
  const spread = sub(h, reduceMean(h, axes));
  return mul(invStd, sub(spread, mul(normal, reduceMean(mul(h, normal), axes))));
}

type LayerContext = GradientContext<'LayerNormalization'>;

/** The axes of a layer, and x in its normal form with the statistics that give it, in the type of x. */
function normalLayer({ inputs: [x], outputs: [, mean, invStd], attributes: { axis } }: LayerContext) {
  if (mean === undefined || invStd === undefined) throw new GraphError('LayerNormalization', 'expected three outputs');
  const first = requireAxis('LayerNormalization', axis, x.shape.length);
  const scatter = cast(invStd, x.dtype);
  const normal = mul(sub(x, cast(mean, x.dtype)), scatter);
  return { axes: [...x.shape.keys()].filter((at) => at >= first), scatter, normal };
}

function layerGradients(context: LayerContext): [Value | null, Value | null, Value | null] {
  const {
    inputs: [, scale, bias],
    gradient: g,
  } = context;
  const { axes, scatter, normal } = normalLayer(context);
  return [standardizedGradient(mul(g, scale), normal, scatter, axes), mul(g, normal), bias === null ? null : g];
}

/** 1/n */
function meanGradients(context: LayerContext): [Value | null, null, null] {
  const [x] = context.inputs;
  const { axes } = normalLayer(context);
  return [div(expandLike(cast(context.gradient, x.dtype), x), countOf(x, axes)), null, null];
}

/** -x̂·invStd²/n */
function deviationGradients(context: LayerContext): [Value | null, null, null] {
  const [x] = context.inputs;
  const { axes, scatter, normal } = normalLayer(context);
  const slope = neg(div(mul(mul(scatter, scatter), normal), countOf(x, axes)));
  return [mul(cast(context.gradient, x.dtype), slope), null, null];
}

/** Every channel of every sample by its own statistics; x is [N, C, ...spatial]. */
function instanceGradients({
  inputs: [x, scale],
  gradient: g,
  attributes: { epsilon },
}: GradientContext<'InstanceNormalization'>): [Value, Value, Value] {
  const rank = x.shape.length;
  const spatial = [...x.shape.keys()].slice(2);
  const centred = sub(x, reduceMean(x, spatial));
  const invStd = div(1, sqrt(add(reduceMean(mul(centred, centred), spatial), epsilon)));
  const normal = mul(centred, invStd);
  const perSample = channelReductionAxes(rank);
  return [
    standardizedGradient(mul(g, perChannel(scale, rank)), normal, invStd, spatial),
    reduceSum(mul(g, normal), perSample, false),
    reduceSum(g, perSample, false),
  ];
}

/**
 * y = x / ‖x‖ₚ along an axis: x' = (g - ‖x‖'·Σg·y) / ‖x‖ with ‖x‖' = y (p = 2) or sign x (p = 1). Where all entries
 * are 0 the operator gives 0 and the gradient is 0.
 */
function lpGradient({
  inputs: [x],
  outputs: [y],
  gradient: g,
  attributes: { axis, p },
}: GradientContext<'LpNormalization'>): [Value | null] {
  if (y === undefined) return [null];
  const length = p === 1 ? reduceSum(abs(x), [axis]) : reduceL2(x, [axis]);
  const isZero = equal(length, 0);
  const slope = p === 1 ? sign(x) : y;
  const along = mul(slope, reduceSum(mul(g, y), [axis]));
  return [where(isZero, 0, div(sub(g, along), where(isZero, 1, length)))];
}

/** y = x·s^-β with s = bias + α/size · Σ x² over a window of channels: x' = g·s^-β - 2αβ/size · x · Σ g·y/s. */
function responseGradient({
  inputs: [x],
  outputs: [y],
  gradient: g,
  attributes: { alpha, beta, bias, size },
}: GradientContext<'LRN'>): [Value | null] {
  if (y === undefined) return [null];
  const s = add(mul(channelSums(mul(x, x), size), alpha / size), bias);
  const shared = channelSums(div(mul(g, y), s), size);
  return [sub(mul(g, pow(s, -beta)), mul(mul(x, shared), (2 * alpha * beta) / size))];
}

export const normalization: Family<keyof NormalizationSignatures> = {
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
  InstanceNormalization: {
    attributes: { epsilon: float(1e-5) },
    infer: ([x, scale, bias]) => {
      requireType('InstanceNormalization', 'x', x, floatTypes);
      for (const [name, vector] of Object.entries({ scale, bias })) {
        requireSameType('InstanceNormalization', x, vector);
        requireShape('InstanceNormalization', name, vector, x.shape.slice(1, 2));
      }
      return like([x]);
    },
    gradient: instanceGradients,
  },
  LayerNormalization: {
    attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    infer: ([x, scale, bias], { axis, stash_type }) => {
      if (stash_type !== 1)
        throw new GraphError('LayerNormalization', `stash_type: expected 1 (float32), got ${stash_type}`);
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
    otherGradients: { 1: meanGradients, 2: deviationGradients },
  },
  LpNormalization: {
    attributes: { axis: int(-1), p: int(2) },
    infer: ([x], { axis, p }) => {
      requireAxis('LpNormalization', axis, x.shape.length);
      if (p !== 1 && p !== 2) throw new GraphError('LpNormalization', `p: expected 1 or 2, got ${p}`);
      return floatLike('LpNormalization')([x]);
    },
    gradient: lpGradient,
  },
  LRN: {
    attributes: { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: int() },
    infer: ([x], { size }) => {
      // The specification allows even windows, which lean to one side, and other ranks; no runtime we use has them.
      if (size < 1 || size % 2 !== 1) throw new GraphError('LRN', `size: expected an odd number, got ${size}`);
      requireRank('LRN', 'x', x, 4);
      return floatLike('LRN')([x]);
    },
    gradient: responseGradient,
  },
};
