import {
  add,
  cast,
  concat,
  constant,
  cos,
  expand,
  fixedDim,
  mul,
  reshape,
  scalarConstant,
  sin,
  transpose,
  type Value,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import { conv2d, groupNorm, linear, same, selfAttention, silu } from '../model/layers.ts';
import type { Parameters } from '../model/parameters.ts';

/** Channels that are normalised together; 32 groups at the published width of 128. */
const channelsPerGroup = 4;

/** Weights of the last layer of a residual branch begin near 0, so that the branch begins as its shortcut. */
export const nearZero = 1e-3;

/** GroupNorm, SiLU, 3×3 convolution. */
export function activatedConv(parameters: Parameters, x: Value, outputs: number, gain = 1): Value {
  const normal = groupNorm(parameters.scope('norm'), x, fixedDim(x.shape, 1) / channelsPerGroup);
  return conv2d(parameters.scope('conv'), silu(normal), outputs, 3, { pads: same(3), gain });
}

/** Two activated convolutions around a shortcut; the embedding [N or 1, E] of the time is added between them. */
export function timedBlock(parameters: Parameters, x: Value, time: Value, outputs: number): Value {
  const moment = reshape(linear(parameters.scope('time'), silu(time), outputs, { gain: 1 }), [-1, outputs, 1, 1]);
  const middle = add(activatedConv(parameters.scope('first'), x, outputs), moment);
  const main = activatedConv(parameters.scope('second'), middle, outputs, nearZero);
  const changes = fixedDim(x.shape, 1) !== outputs;
  return add(main, changes ? conv2d(parameters.scope('shortcut'), x, outputs, 1, { gain: 1 }) : x);
}

/** Self-attention with one head over the places of a map [N, C, H, W], added to it. */
export function mapAttention(parameters: Parameters, x: Value): Value {
  const [channels, height, width] = [1, 2, 3].map((axis) => fixedDim(x.shape, axis)) as [number, number, number];
  const normal = groupNorm(parameters.scope('norm'), x, channels / channelsPerGroup);
  const places = transpose(reshape(normal, [-1, channels, height * width]), [0, 2, 1]);
  const mixed = transpose(selfAttention(parameters.scope('attention'), places, 1, nearZero), [0, 2, 1]);
  return add(x, reshape(mixed, [-1, channels, height, width]));
}

/** Halves height and width: 3×3 convolution with stride 2, padded at the bottom and on the right only. */
export function halve(parameters: Parameters, x: Value): Value {
  return conv2d(parameters, x, fixedDim(x.shape, 1), 3, { pads: [0, 0, 1, 1], strides: [2, 2], gain: 1 });
}

/** Doubles height and width: every place four times, then a 3×3 convolution. */
export function double(parameters: Parameters, x: Value): Value {
  const [channels, height, width] = [1, 2, 3].map((axis) => fixedDim(x.shape, axis)) as [number, number, number];
  const repeated = expand(reshape(x, [-1, channels, height, 1, width, 1]), [1, channels, height, 2, width, 2]);
  return conv2d(parameters, reshape(repeated, [-1, channels, 2 * height, 2 * width]), channels, 3, {
    pads: same(3),
    gain: 1,
  });
}

/** Sines and cosines of the timestep at falling frequencies, then a small network: one t or int64 [N] → [1 or N, 4 · `width`]. */
export function timeEmbedding(parameters: Parameters, timestep: Value | number, width: number): Value {
  const half = width / 2;
  const longestPeriod = 10_000;
  const frequencies = Float32Array.from({ length: half }, (_, index) =>
    Math.exp((-Math.log(longestPeriod) * index) / (half - 1)),
  );
  const moment = typeof timestep === 'number' ? scalarConstant(timestep) : cast(timestep, 'float32');
  const phases = mul(reshape(moment, [-1, 1]), constant(float32([1, half], frequencies)));
  const hidden = silu(linear(parameters.scope('first'), concat([sin(phases), cos(phases)], 1), 4 * width, { gain: 1 }));
  return linear(parameters.scope('second'), hidden, 4 * width, { gain: 1 });
}
