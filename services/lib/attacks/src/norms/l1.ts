import {
  abs,
  add,
  clip,
  div,
  equal,
  greater,
  log,
  maximum,
  minimum,
  mul,
  type Operand,
  relu,
  sign,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import { bisect } from './bisect.ts';
import { type Norm, pixelRounding } from './norm.ts';
import { besideImages, largestPerSample, sumPerSample } from './per-sample.ts';

/** Relative error of a float32 sum over one image. */
const relativeRounding = 2e-6;

/** The largest float32 number below 1. */
const belowOne = 1 - 2 ** -24;

const measure: Norm['measure'] = (perturbation) => sumPerSample(abs(perturbation));

/**
 * Magnitudes as they are in the nearest perturbation of sum at most `radius` whose magnitudes stay below `bounds`: all are
 * made smaller by one number, and what lies outside [0, bounds] is clipped (Croce & Hein 2021, §3). The number is the
 * least with which the sum is not above the radius; it is found by bisection, which takes a fraction of the time of sorting
 * all values.
 */
function shrink(magnitudes: Value, radius: Operand, bounded: (magnitudes: Value) => Value): Value {
  const less = (by: Value): Value => bounded(relu(sub(magnitudes, by)));
  const isOver = (shrunk: Value): Value => greater(sumPerSample(shrunk), radius);
  const whole = bounded(magnitudes);
  const most = largestPerSample(magnitudes);
  const by = bisect(mul(most, 0), most, (point) => isOver(less(point)));
  return where(isOver(whole), less(by), whole);
}

/** Signs of a uniform draw in [0,1), and exponential magnitudes: scaled to sum 1 they are uniform on the L1 sphere. */
const boundary: Norm['boundary'] = (draw, dims) => {
  const uniform = sub(mul(draw('start', 'uniform', dims), 2), 1);
  const exponential = log(sub(1, minimum(abs(uniform), belowOne)));
  return div(mul(sign(uniform), exponential), sumPerSample(abs(exponential)));
};

/** Sum of absolute changes. */
export const l1: Norm = {
  name: 'l1',
  diameter: ([channels, height, width]) => channels * height * width,
  rounding: ([channels, height, width], epsilon) =>
    channels * height * width * pixelRounding + relativeRounding * epsilon,
  measure,
  // Values that tie for the largest share the step.
  steepest: (gradient) => {
    const largest = where(equal(abs(gradient), largestPerSample(gradient)), sign(gradient), 0);
    return div(largest, maximum(measure(largest), 1));
  },
  project: (perturbation, radius) =>
    mul(
      sign(perturbation),
      shrink(abs(perturbation), radius, (x) => x),
    ),
  contain: (images, clean, radius) => {
    const change = sub(images, clean);
    const room = where(greater(change, 0), sub(1, clean), clean);
    const magnitudes = shrink(abs(change), radius, (x) => minimum(x, room));
    return clip(add(clean, mul(sign(change), magnitudes)), 0, 1);
  },
  dual: largestPerSample,
  inside: (draw, dims) => mul(boundary(draw, dims), besideImages(draw('start.radius', 'uniform', [1]))),
  boundary,
};
