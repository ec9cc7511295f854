import {
  add,
  batchNormalization,
  concat,
  constant,
  conv,
  convTranspose,
  differentiate,
  expand,
  fixedDim,
  gelu,
  globalAveragePool,
  layerNormalization,
  logSoftmax,
  matMul,
  mul,
  neg,
  oneHot,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  sigmoid,
  softmax,
  transpose,
  type Value,
} from '@parallax/graph';
import { elementCount, float32, normal } from '@parallax/tensor';

/** Fixed random weights, small enough that activations keep their size. */
function weights(name: string, dims: readonly number[]): Value {
  const fanIn = elementCount(dims.slice(1));
  return constant(
    float32(
      dims,
      normal({ seed: 7, purpose: name }, elementCount(dims)).map((value) => value / Math.sqrt(fanIn)),
    ),
  );
}

function filled(dims: readonly number[], value: number): Value {
  return constant(float32(dims, new Float32Array(elementCount(dims)).fill(value)));
}

function conv3x3(name: string, x: Value, outputs: number, stride = 1): Value {
  const weight = weights(name, [outputs, fixedDim(x.shape, 1), 3, 3]);
  return conv(x, weight, weights(`${name}.bias`, [outputs]), { pads: [1, 1, 1, 1], strides: [stride, stride] });
}

function batchNorm(name: string, x: Value): Value {
  const channels = fixedDim(x.shape, 1);
  const vector = (part: string): Value => weights(`${name}.${part}`, [channels]);
  const parameters = { scale: filled([channels], 1.1), bias: vector('bias'), mean: vector('mean') };
  return batchNormalization(x, { ...parameters, variance: filled([channels], 0.9) });
}

function residualBlock(name: string, x: Value, outputs: number, stride: number): Value {
  const middle = relu(batchNorm(`${name}.norm1`, conv3x3(`${name}.conv1`, x, outputs, stride)));
  const main = batchNorm(`${name}.norm2`, conv3x3(`${name}.conv2`, middle, outputs));
  const shortcut = weights(`${name}.shortcut`, [outputs, fixedDim(x.shape, 1), 1, 1]);
  return relu(add(main, conv(x, shortcut, null, { strides: [stride, stride] })));
}

/** Cross-entropy of a small residual network and its gradient: images [N, 3, 16, 16] → [N, 1 + 3·16·16]. */
export function residualNetwork(images: Value): Value {
  const stem = relu(batchNorm('stemNorm', conv3x3('stem', images, 16)));
  const blocks = residualBlock('block2', residualBlock('block1', stem, 16, 1), 32, 2);
  const features = reshape(globalAveragePool(blocks), [-1, 32]);
  const logits = add(matMul(features, transpose(weights('head', [10, 32]), [1, 0])), weights('head.bias', [10]));
  const labels = oneHot(constant({ dtype: 'int64', dims: [1], data: BigInt64Array.of(3n) }), 10);
  return lossAndGradient(neg(reduceSum(mul(logSoftmax(logits), labels), [1])), images);
}

/** Loss of a transformer of one block over 17 tokens and its gradient: images [N, 3, 16, 16] → [N, 1 + 3·16·16]. */
export function visionTransformer(images: Value): Value {
  const width = 24;
  const patches = conv(images, weights('patch', [width, 3, 4, 4]), null, { strides: [4, 4] });
  const grid = transpose(reshape(patches, [-1, width, 16]), [0, 2, 1]);
  // A token of its own in front, made from the patches so that it has their batch.
  const first = mul(reduceMean(grid, [1]), 0.5);
  const tokens = add(concat([first, grid], 1), weights('positions', [17, width]));
  const attended = add(tokens, attention('attention', layerNorm(tokens), 3));
  const hidden = gelu(linear('mlp1', layerNorm(attended), 4 * width));
  const output = add(attended, linear('mlp2', hidden, width));
  const pooled = reduceMean(layerNorm(output), [1], false);
  return lossAndGradient(reduceSum(mul(pooled, pooled), [1]), images);
}

function linear(name: string, x: Value, outputs: number): Value {
  const weight = transpose(weights(name, [outputs, fixedDim(x.shape, -1)]), [1, 0]);
  return add(matMul(x, weight), weights(`${name}.bias`, [outputs]));
}

function layerNorm(x: Value): Value {
  const width = fixedDim(x.shape, -1);
  return layerNormalization(x, filled([width], 1.2), filled([width], 0.1));
}

/** Multi-head self-attention over [N, T, D]. */
function attention(name: string, x: Value, heads: number): Value {
  const [, tokens, width] = [0, fixedDim(x.shape, 1), fixedDim(x.shape, 2)];
  const depth = width / heads;
  const split = (part: string): Value => reshape(linear(`${name}.${part}`, x, width), [-1, tokens, heads, depth]);
  const queries = transpose(split('query'), [0, 2, 1, 3]);
  const scores = matMul(queries, transpose(split('key'), [0, 2, 3, 1]));
  const mixed = matMul(softmax(mul(scores, 1 / Math.sqrt(depth))), transpose(split('value'), [0, 2, 1, 3]));
  return linear(`${name}.output`, reshape(transpose(mixed, [0, 2, 1, 3]), [-1, tokens, width]), width);
}

/** Noise error of a small U-shaped network and its gradient: images [N, 3, 16, 16] → [N, 1 + 3·16·16]. */
export function denoiser(images: Value): Value {
  const high = silu(groupNorm(conv3x3('in', images, 16)));
  const low = silu(groupNorm(conv3x3('down', high, 32, 2)));
  const tokens = transpose(reshape(low, [-1, 32, 64]), [0, 2, 1]);
  const mixed = reshape(transpose(add(tokens, attention('middle', tokens, 4)), [0, 2, 1]), [-1, 32, 8, 8]);
  const learnt = convTranspose(mixed, weights('up', [32, 8, 2, 2]), null, { strides: [2, 2] });
  const joined = concat([high, nearestTwice(mixed), learnt], 1);
  const noise = conv3x3('out', silu(groupNorm(conv3x3('merge', joined, 16))), 3);
  const error = add(noise, neg(images));
  return lossAndGradient(reduceMean(mul(error, error), [1, 2, 3]), images);
}

function silu(x: Value): Value {
  return mul(x, sigmoid(x));
}

/** Normalisation of groups of 4 channels, as layer normalisation of the group's numbers. */
function groupNorm(x: Value): Value {
  const [channels, height, width] = [fixedDim(x.shape, 1), fixedDim(x.shape, 2), fixedDim(x.shape, 3)];
  const size = 4 * height * width;
  const groups = reshape(x, [-1, channels / 4, size]);
  return reshape(layerNormalization(groups, filled([size], 1), null), [-1, channels, height, width]);
}

/** Every pixel as 2×2 pixels. */
function nearestTwice(x: Value): Value {
  const [channels, height, width] = [fixedDim(x.shape, 1), fixedDim(x.shape, 2), fixedDim(x.shape, 3)];
  const pixels = expand(reshape(x, [-1, channels, height, 1, width, 1]), [1, 1, 1, 2, 1, 2]);
  return reshape(pixels, [-1, channels, 2 * height, 2 * width]);
}

/** A loss per sample and its gradient by the images, side by side in one row per sample. */
function lossAndGradient(loss: Value, images: Value): Value {
  const rows = (value: Value): Value => reshape(value, [-1, elementCount(value.shape.slice(1) as readonly number[])]);
  return concat([rows(loss), ...differentiate(loss, [images]).map(rows)], 1);
}
