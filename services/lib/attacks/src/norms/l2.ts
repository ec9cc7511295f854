import { add, div, maximum, minimum, mul, sqrt, type Value } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { ballThenBox } from './ball-then-box.ts';
import { type ImageDims, type Norm, pixelRounding } from './norm.ts';
import { besideImages, sumPerSample } from './per-sample.ts';

/** Keeps quotients finite; far below the length of any gradient that float32 can follow. */
const tiny = 1e-12;

/** Relative error of a float32 length and of the scaling by it. */
const relativeRounding = 5e-7;

function length(x: Value): Value {
  return sqrt(sumPerSample(mul(x, x)));
}

function direction(draw: Draw, dims: ImageDims): Value {
  const gaussian = draw('start', 'normal', dims);
  return div(gaussian, length(gaussian));
}

const project: Norm['project'] = (perturbation, radius) =>
  mul(perturbation, minimum(div(radius, maximum(length(perturbation), tiny)), 1));

/** Euclidean length. */
export const l2: Norm = {
  name: 'l2',
  diameter: (dims) => Math.sqrt(pixels(dims)),
  rounding: (dims, epsilon) => pixelRounding * Math.sqrt(pixels(dims)) + relativeRounding * epsilon,
  measure: length,
  steepest: (gradient) => div(gradient, add(length(gradient), tiny)),
  project,
  contain: ballThenBox(project),
  dual: length,
  // A Gaussian direction with a radius uniform in [0,1): not uniform in volume, but what torchattacks draws.
  inside: (draw, dims) => mul(direction(draw, dims), besideImages(draw('start.radius', 'uniform', [1]))),
  boundary: direction,
};

function pixels([channels, height, width]: ImageDims): number {
  return channels * height * width;
}
