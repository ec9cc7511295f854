import {
  add,
  batchNormalizationTraining,
  constant,
  conv,
  div,
  fixedDim,
  gelu,
  layerNormalization,
  matMul,
  mul,
  relu,
  reshape,
  sigmoid,
  softmax,
  sqrt,
  sub,
  transpose,
  type Value,
  type WindowOptions,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import type { Initializer, Parameters } from './parameters.ts';

const zero = { law: 'constant', value: 0 } as const;
const one = { law: 'constant', value: 1 } as const;

export interface LayerOptions {
  readonly bias?: boolean;
  /** Begins the weights by Xavier's law with this gain and the biases at 0, instead of by PyTorch's default. */
  readonly gain?: number;
}

/** PyTorch's default for convolutions and linear layers: uniform within 1/√(fan in). */
function fanIn(count: number): Initializer {
  return { law: 'uniform', bound: 1 / Math.sqrt(count) };
}

/** With a gain: Xavier's law (Glorot & Bengio 2010), uniform with variance 2 gain² / (fan in + fan out). */
function initializers(
  inputs: number,
  outputs: number,
  gain: number | undefined,
): { weight: Initializer; bias: Initializer } {
  if (gain === undefined) return { weight: fanIn(inputs), bias: fanIn(inputs) };
  return { weight: { law: 'uniform', bound: gain * Math.sqrt(6 / (inputs + outputs)) }, bias: zero };
}

export type ConvOptions = WindowOptions & LayerOptions;

/** [N, C, H, W] → [N, `outputs`, H', W'], square kernel. */
export function conv2d(
  parameters: Parameters,
  x: Value,
  outputs: number,
  kernel: number,
  options: ConvOptions = {},
): Value {
  const { bias = true, gain, ...window } = options;
  const channels = fixedDim(x.shape, 1);
  const area = kernel * kernel;
  const laws = initializers(channels * area, outputs * area, gain);
  const weight = parameters.parameter('weight', [outputs, channels, kernel, kernel], laws.weight);
  const offset = bias ? parameters.parameter('bias', [outputs], laws.bias, { decay: false }) : null;
  return conv(x, weight, offset, window);
}

/** Pads that keep the side length at stride 1. */
export function same(kernel: number): readonly number[] {
  const pad = (kernel - 1) / 2;
  return [pad, pad, pad, pad];
}

/** Share of the new batch in a running statistic at each step (PyTorch's momentum 0.1). */
const batchShare = 0.1;

/** Added to the variance before it is divided by (PyTorch's default). */
const epsilon = 1e-5;

/**
 * A convolution without bias and batch normalisation behind it: by the statistics of the batch while training; afterwards
 * by the running ones, which makes the pair one convolution with other weights.
 */
export function normalizedConv(
  parameters: Parameters,
  x: Value,
  outputs: number,
  kernel: number,
  options: WindowOptions = {},
): Value {
  const channels = fixedDim(x.shape, 1);
  const weight = parameters.parameter('weight', [outputs, channels, kernel, kernel], fanIn(channels * kernel * kernel));
  const scale = parameters.parameter('scale', [outputs], one, { decay: false });
  const bias = parameters.parameter('bias', [outputs], zero, { decay: false });
  const mean = parameters.buffer('mean', [outputs], 0);
  const variance = parameters.buffer('variance', [outputs], 1);
  if (!parameters.training) {
    const gain = div(scale, sqrt(add(variance.value, epsilon)));
    return conv(x, mul(weight, reshape(gain, [outputs, 1, 1, 1])), sub(bias, mul(mean.value, gain)), options);
  }
  const convolved = conv(x, weight, null, options);
  const statistics = { scale, bias, mean: mean.value, variance: variance.value };
  const batch = batchNormalizationTraining(convolved, statistics, epsilon);
  // The running variance follows the unbiased estimate, as PyTorch has it; normalisation uses the biased one.
  const count = fixedDim(convolved.shape, 0) * fixedDim(convolved.shape, 2) * fixedDim(convolved.shape, 3);
  mean.update(add(mul(mean.value, 1 - batchShare), mul(batch.mean, batchShare)));
  variance.update(add(mul(variance.value, 1 - batchShare), mul(batch.variance, (batchShare * count) / (count - 1))));
  return batch.y;
}

/** [..., F] → [..., `outputs`]. */
export function linear(
  parameters: Parameters,
  x: Value,
  outputs: number,
  { bias = true, gain }: LayerOptions = {},
): Value {
  const features = fixedDim(x.shape, -1);
  const laws = initializers(features, outputs, gain);
  const product = matMul(x, parameters.parameter('weight', [features, outputs], laws.weight));
  return bias ? add(product, parameters.parameter('bias', [outputs], laws.bias, { decay: false })) : product;
}

/** Normalises the last axis. */
export function layerNorm(parameters: Parameters, x: Value): Value {
  const features = fixedDim(x.shape, -1);
  return layerNormalization(
    x,
    parameters.parameter('scale', [features], one, { decay: false }),
    parameters.parameter('bias', [features], zero, { decay: false }),
  );
}

/** Normalises [N, C, H, W] within `groups` groups of neighbouring channels. */
export function groupNorm(parameters: Parameters, x: Value, groups: number): Value {
  const [, channels = 0, height = 0, width = 0] = x.shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  const size = (channels / groups) * height * width;
  const unit = constant(float32([size], new Float32Array(size).fill(1)));
  const normal = reshape(layerNormalization(reshape(x, [-1, groups, size]), unit, null), [-1, channels, height, width]);
  const scale = parameters.parameter('scale', [channels, 1, 1], one, { decay: false });
  const bias = parameters.parameter('bias', [channels, 1, 1], zero, { decay: false });
  return add(mul(normal, scale), bias);
}

export function silu(x: Value): Value {
  return mul(x, sigmoid(x));
}

/**
 * Multi-head self-attention over tokens [N, T, D], begun by Xavier's law; the projection to queries, keys and values has
 * no bias. `outputGain` near 0 makes a block with a shortcut begin as the identity.
 */
export function selfAttention(parameters: Parameters, x: Value, heads: number, outputGain = 1): Value {
  const tokens = fixedDim(x.shape, 1);
  const width = fixedDim(x.shape, 2);
  const depth = width / heads;
  const split = (name: string): Value =>
    reshape(linear(parameters.scope(name), x, width, { bias: false, gain: 1 }), [-1, tokens, heads, depth]);
  const queries = transpose(split('query'), [0, 2, 1, 3]);
  const keys = transpose(split('key'), [0, 2, 3, 1]);
  const values = transpose(split('value'), [0, 2, 1, 3]);
  const attention = softmax(mul(matMul(queries, keys), 1 / Math.sqrt(depth)));
  const mixed = reshape(transpose(matMul(attention, values), [0, 2, 1, 3]), [-1, tokens, width]);
  return linear(parameters.scope('output'), mixed, width, { gain: outputGain });
}

/** A pre-norm transformer block: attention, then an MLP four times as wide, each added to its input; begun by Xavier's law. */
export function transformerBlock(parameters: Parameters, x: Value, heads: number): Value {
  const width = fixedDim(x.shape, 2);
  const attended = add(x, selfAttention(parameters.scope('attention'), layerNorm(parameters.scope('norm1'), x), heads));
  const hidden = gelu(
    linear(parameters.scope('mlp1'), layerNorm(parameters.scope('norm2'), attended), 4 * width, { gain: 1 }),
  );
  return add(attended, linear(parameters.scope('mlp2'), hidden, width, { gain: 1 }));
}

/** Two 3×3 convolutions with batch normalisation around a shortcut, which is a 1×1 convolution where the shape changes. */
export function residualBlock(parameters: Parameters, x: Value, outputs: number, stride: number): Value {
  const strides = [stride, stride];
  const middle = relu(normalizedConv(parameters.scope('first'), x, outputs, 3, { pads: same(3), strides }));
  const main = normalizedConv(parameters.scope('second'), middle, outputs, 3, { pads: same(3) });
  const changes = stride !== 1 || fixedDim(x.shape, 1) !== outputs;
  return relu(add(main, changes ? normalizedConv(parameters.scope('shortcut'), x, outputs, 1, { strides }) : x));
}
