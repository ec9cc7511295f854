import { alphaBar, features, ownMaskRatio, pixels, projections, weights } from './tiny-encoder.ts';

// The parts of `tiny-encoder.ts` and the objectives on them once more: for one sample, in float64, without a graph.

export type Vector = readonly number[];

function times(purpose: string, rows: number, x: Vector): Vector {
  const matrix = weights(purpose, rows, x.length);
  return Array.from({ length: rows }, (_, row) =>
    dot(Array.from(matrix.subarray(row * x.length)).slice(0, x.length), x),
  );
}

export function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

export function encode(x: Vector): Vector {
  return times('encode', features, x).map(Math.tanh);
}

export function logits(x: Vector, classes: number): Vector {
  return times(`classify.${classes}`, classes, encode(x));
}

export function project(x: Vector): Vector {
  return times('project', projections, encode(x));
}

export function unit(x: Vector): Vector {
  const length = Math.hypot(...x);
  return x.map((value) => value / length);
}

export function minus(a: Vector, b: Vector): Vector {
  return a.map((value, index) => value - (b[index] ?? 0));
}

export function at(x: Vector, index: number): number {
  const value = x[index];
  if (value === undefined) throw new RangeError(`expected an index below ${x.length}, got ${index}`);
  return value;
}

export function logSoftmax(z: Vector): Vector {
  const total = Math.log(z.reduce((sum, value) => sum + Math.exp(value), 0));
  return z.map((value) => value - total);
}

export function largestOther(z: Vector, index: number): number {
  return Math.max(...z.filter((_, other) => other !== index));
}

export function falling(z: Vector): Vector {
  return [...z].sort((a, b) => b - a);
}

/** Error of what is reconstructed from `x` against `wanted`. `noise` are the four numbers behind the mask. */
export function reconstructionError(
  x: Vector,
  wanted: Vector,
  noise: Vector,
  { ratio = ownMaskRatio, allPixels = false } = {},
): number {
  const mask = x.map((_, pixel) => (at(noise, pixel % 4) < ratio ? 1 : 0));
  const visible = x.map((value, pixel) => (2 * value - 1) * (1 - at(mask, pixel)));
  const squares = minus(
    times('reconstruct', pixels, visible),
    wanted.map((value) => 2 * value - 1),
  ).map((value) => value * value);
  if (allPixels) return squares.reduce((sum, value) => sum + value, 0) / pixels;
  return dot(squares, mask) / mask.reduce<number>((sum, value) => sum + value, 0);
}

/** Mean squared error of the noise predicted for `x` at timestep `t`, against `wanted`. */
export function noiseError(x: Vector, noise: Vector, t: number, wanted: Vector): number {
  const signal = at(alphaBar, t);
  const noised = x.map(
    (value, pixel) => Math.sqrt(signal) * (2 * value - 1) + Math.sqrt(1 - signal) * at(noise, pixel),
  );
  const error = minus(times('denoise', pixels, noised), wanted);
  return dot(error, error) / pixels;
}

/** −log of the softmax share of the partner among partner and negatives, for unit vectors. */
export function contrast(anchor: Vector, partner: Vector, negatives: readonly Vector[], temperature: number): number {
  const similarities = [partner, ...negatives].map((other) => dot(anchor, other) / temperature);
  return -at(logSoftmax(similarities), 0);
}
