import { add, constant, conv, gemm, mul, relu, reshape, type Value } from '@parallax/graph';
import type { TracedEncoder } from '@parallax/objectives';
import { elementCount, float32, normal, normalBatch, type Tensor, uniformBatch } from '@parallax/tensor';
import type { ImageDims } from '../norms/norm.ts';

/** Odd lengths on purpose: rows of a batch then begin anywhere within a packet of the processor. */
export const toyDims: ImageDims = [3, 7, 7];
export const toyPixels = elementCount(toyDims);
const hidden = 12;

/** Weights of a perceptron with one hidden layer, row-major [outputs, inputs]. */
export interface ToyWeights {
  readonly first: Float32Array;
  readonly bias: Float32Array;
  readonly second: Float32Array;
  readonly classes: number;
}

function weight(purpose: string, length: number, deviation: number): Float32Array {
  return normal({ seed: 11, purpose }, length).map((value) => value * deviation);
}

export function toyWeights(classes: number): ToyWeights {
  return {
    first: weight('toy.first', hidden * toyPixels, Math.sqrt(2 / toyPixels)),
    bias: weight('toy.bias', hidden, 0.3),
    second: weight(`toy.second.${classes}`, classes * hidden, Math.sqrt(2 / hidden)),
    classes,
  };
}

/** A perceptron with head: relu(W₁x + b), then W₂. Small enough for a float64 oracle. */
export function toyPerceptron(classes: number): TracedEncoder {
  const { first, bias, second } = toyWeights(classes);
  return {
    encode: (images) =>
      relu(
        gemm(reshape(images, [-1, toyPixels]), matrix([hidden, toyPixels], first), {
          transB: true,
          c: constant(float32([hidden], bias)),
        }),
      ),
    classify: (features) => gemm(features, matrix([classes, hidden], second), { transB: true }),
  };
}

/** Two convolutions and a linear head. */
export function toyConvolution(classes: number): TracedEncoder {
  return {
    encode: (images) => reshape(relu(convolved(relu(convolved(images, 3, 6, 1)), 6, 8, 2)), [-1, 8 * 4 * 4]),
    classify: (features) =>
      gemm(features, matrix([classes, 128], weight('toy.head', classes * 128, 0.2)), { transB: true }),
  };
}

/** The convolutions, with noise on the image. */
export function toyNoisy(classes: number, deviation: number): TracedEncoder {
  const { encode, ...rest } = toyConvolution(classes);
  return {
    ...rest,
    encode: (images, draw) => encode(add(images, mul(draw('toy.noise', 'normal', toyDims), deviation)), draw),
  };
}

function convolved(x: Value, inputs: number, outputs: number, stride: number): Value {
  const dims = [outputs, inputs, 3, 3];
  const kernel = weight(`toy.kernel.${inputs}.${outputs}`, elementCount(dims), Math.sqrt(2 / (inputs * 9)));
  return conv(x, matrix(dims, kernel), null, { strides: [stride, stride], pads: [1, 1, 1, 1] });
}

function matrix(dims: readonly number[], data: Float32Array): Value {
  return constant(float32(dims, data));
}

/** Images keyed by sample id, with pixels at both ends of the box among them. */
export function toyImages(sampleIds: readonly number[]): Tensor<'float32'> {
  const images = uniformBatch({ seed: 5, purpose: 'toy.images' }, sampleIds, toyDims);
  const shift = normalBatch({ seed: 5, purpose: 'toy.shift' }, sampleIds, toyDims);
  return {
    ...images,
    data: images.data.map((value, at) => Math.min(1, Math.max(0, value + 0.2 * (shift.data[at] ?? 0)))),
  };
}
