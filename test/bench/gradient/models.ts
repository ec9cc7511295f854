import {
  add,
  concat,
  constant,
  conv,
  fixedDim,
  gather,
  gelu,
  globalAveragePool,
  layerNormalization,
  matMul,
  mul,
  relu,
  reshape,
  scalarConstant,
  slice,
  softmax,
  transpose,
  type Value,
} from '@parallax/graph';
import { elementCount, float32, normal } from '@parallax/tensor';

/** Normally distributed weights that keep the size of activations; `gain` is that of the activation behind them. */
function weights(name: string, dims: readonly number[], fanIn: number, gain = 1): Value {
  const numbers = normal({ seed: 11, purpose: name }, elementCount(dims));
  return constant(
    float32(
      dims,
      numbers.map((value) => (gain * value) / Math.sqrt(fanIn)),
    ),
  );
}

function filled(dims: readonly number[], value: number): Value {
  return constant(float32(dims, new Float32Array(elementCount(dims)).fill(value)));
}

/** A convolution into which a normalisation has been folded. */
function convolution(name: string, x: Value, outputs: number, kernel: number, stride = 1): Value {
  const channels = fixedDim(x.shape, 1);
  const pad = (kernel - 1) / 2;
  const weight = weights(name, [outputs, channels, kernel, kernel], channels * kernel * kernel);
  return conv(x, weight, filled([outputs], 0.01), { pads: [pad, pad, pad, pad], strides: [stride, stride] });
}

function residualBlock(name: string, x: Value, outputs: number, stride: number): Value {
  const middle = relu(convolution(`${name}.first`, x, outputs, 3, stride));
  const main = convolution(`${name}.second`, middle, outputs, 3);
  const changes = stride !== 1 || fixedDim(x.shape, 1) !== outputs;
  return relu(add(main, changes ? convolution(`${name}.shortcut`, x, outputs, 1, stride) : x));
}

function linear(name: string, x: Value, outputs: number): Value {
  const inputs = fixedDim(x.shape, -1);
  return add(matMul(x, weights(name, [inputs, outputs], inputs)), filled([outputs], 0));
}

/** ResNet-18 with the stem for 32×32 images (He et al. 2016): [N, 3, 32, 32] → [N, 10]. */
export function resNet18(images: Value): Value {
  let x = relu(convolution('stem', images, 64, 3));
  [64, 128, 256, 512].forEach((width, stage) => {
    x = residualBlock(`stage${stage}.block0`, x, width, stage === 0 ? 1 : 2);
    x = residualBlock(`stage${stage}.block1`, x, width, 1);
  });
  return linear('head', reshape(globalAveragePool(x), [-1, 512]), 10);
}

function layerNorm(x: Value): Value {
  const width = fixedDim(x.shape, -1);
  return layerNormalization(x, filled([width], 1), filled([width], 0));
}

/** Self-attention over tokens [N, T, D]. */
function attention(name: string, x: Value, heads: number): Value {
  const [tokens, width] = [fixedDim(x.shape, 1), fixedDim(x.shape, 2)];
  const depth = width / heads;
  const split = (part: string, perm: readonly number[]) =>
    transpose(reshape(linear(`${name}.${part}`, x, width), [-1, tokens, heads, depth]), perm);
  const scores = mul(matMul(split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1])), 1 / Math.sqrt(depth));
  const mixed = matMul(softmax(scores), split('value', [0, 2, 1, 3]));
  return linear(`${name}.output`, reshape(transpose(mixed, [0, 2, 1, 3]), [-1, tokens, width]), width);
}

/** ViT-tiny of width 192, 12 blocks, 3 heads, over 4×4 patches (Dosovitskiy et al. 2021): [N, 3, 32, 32] → [N, 10]. */
export function viTTiny(images: Value): Value {
  const [width, side] = [192, fixedDim(images.shape, 2) / 4];
  const patches = conv(images, weights('patch', [width, 3, 4, 4], 48), filled([width], 0), { strides: [4, 4] });
  const grid = transpose(reshape(patches, [-1, width, side * side]), [0, 2, 1]);
  // The class token, as often as there are images.
  const first = mul(slice(grid, [{ axis: 1, start: 0, end: 1 }]), 0);
  const token = add(first, weights('class', [1, 1, width], 1));
  const positions = weights('positions', [1, side * side + 1, width], 1, 0.02);
  let x = add(concat([token, grid], 1), positions);
  for (let block = 0; block < 12; block++) {
    x = add(x, attention(`block${block}`, layerNorm(x), 3));
    const hidden = gelu(linear(`block${block}.mlp1`, layerNorm(x), 4 * width));
    x = add(x, linear(`block${block}.mlp2`, hidden, width));
  }
  return linear('head', gather(layerNorm(x), scalarConstant(0, 'int64'), 1), 10);
}
