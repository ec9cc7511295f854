import { add, cast, constant, gemm, less, mul, reshape, sub, tanh, type Value } from '@parallax/graph';
import { float32, normal } from '@parallax/tensor';
import type { TracedEncoder } from '../traced-encoder.ts';

export const imageDims = [3, 2, 2] as const;
export const pixels = 12;
export const features = 6;
export const projections = 4;

/** ᾱ of a schedule of four timesteps. */
export const alphaBar = [0.99, 0.9, 0.6, 0.2] as const;
export const featureTimestep = 1;
export const ownMaskRatio = 0.5;

/** A matrix [rows, columns] that is the same in graph and oracle. */
export function weights(purpose: string, rows: number, columns: number): Float32Array {
  return normal({ seed: 3, purpose }, rows * columns).map((value) => value / Math.sqrt(columns));
}

function linear(x: Value, purpose: string, rows: number, columns: number): Value {
  return gemm(x, constant(float32([rows, columns], weights(purpose, rows, columns))), { transB: true });
}

function linearImage(images: Value, purpose: string): Value {
  return reshape(linear(reshape(images, [-1, pixels]), purpose, pixels, pixels), [-1, ...imageDims]);
}

/** An encoder with every part, each of them one or two lines of algebra. Its float64 double is `oracle.ts`. */
export function tinyEncoder(classes: number): TracedEncoder {
  return {
    encode: (images) => tanh(linear(reshape(images, [-1, pixels]), 'encode', features, pixels)),
    classify: (x) => linear(x, `classify.${classes}`, classes, features),
    project: (x) => linear(x, 'project', projections, features),
    reconstruct: (images, draw, maskRatio = ownMaskRatio) => {
      const mask = cast(less(draw('mask', 'uniform', [1, 2, 2]), maskRatio), 'float32');
      const target = sub(mul(images, 2), 1);
      return { prediction: linearImage(mul(target, sub(1, mask)), 'reconstruct'), target, mask };
    },
    denoise: (images, noise, timestep) => {
      const signal = alphaBar[Number(timestep)] ?? 0;
      const scaled = mul(sub(mul(images, 2), 1), Math.sqrt(signal));
      return linearImage(add(scaled, mul(noise, Math.sqrt(1 - signal))), 'denoise');
    },
    diffusion: { timestep: featureTimestep, alphaBar },
  };
}
