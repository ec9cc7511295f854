import { abs, add, div, greater, less, maximum, minimum, mul, sign, sub, type Value, where } from '@parallax/graph';
import type { Norm, NormName } from '../norms/norm.ts';
import { besideImages, largestPerSample, sumPerSample } from '../norms/per-sample.ts';

/** A function of images as it looks from nearby: value + ⟨gradient, x − at⟩. */
export interface Linearisation {
  /** [N,C,H,W] */
  readonly at: Value;
  /** [N] */
  readonly value: Value;
  /** [N,C,H,W] */
  readonly gradient: Value;
}

/** Keeps quotients finite. Gradients are scaled to a largest magnitude of 1 before it is used. */
const tiny = 1e-20;

/** Beyond every multiplier of a step that fits into the box. */
const beyond = 1e20;

/**
 * On gradients of images 12 were the most that were needed where the boundary was within reach. Where they do not suffice the
 * step ends a little short of it.
 */
const newtonSteps = 12;

/** How fast a pixel of this gradient (magnitude, in [0,1]) moves as the multiplier grows, in the step of least norm. */
const rates: { readonly [N in NormName]: (magnitude: Value) => Value } = {
  linf: sign,
  l2: (magnitude) => magnitude,
};

/**
 * The step of least norm from `images` (in [0,1]) to where the linearised function is 0, within the box: [N,C,H,W]. Where
 * the box holds no such point, the step to the corner where the function is nearest to 0.
 *
 * Such a step moves every pixel at its own rate against the function's sign until the box stops it (Croce & Hein 2020,
 * §2.2): by min(λ · rate, room). What it gains, Σ |gradient| · min(λ · rate, room), is concave and piecewise linear in λ, so
 * that Newton's method from λ = 0 rises to the solution and is exact once it is on the right piece.
 */
export function stepToZero(images: Value, { at, value, gradient }: Linearisation, norm: Norm): Value {
  const here = add(besideImages(value), sumPerSample(mul(gradient, sub(images, at))));
  const scale = maximum(largestPerSample(gradient), tiny);
  const direction = mul(div(gradient, scale), where(less(here, 0), 1, -1));
  const magnitude = abs(direction);
  const room = where(greater(direction, 0), sub(1, images), images);
  const rate = rates[norm.name](magnitude);
  const multiplier = multiplierOf({ wanted: div(abs(here), scale), magnitude, rate, room });
  return mul(sign(direction), minimum(mul(rate, multiplier), room));
}

/** λ, [N,1,1,1], with Σ magnitude · min(λ · rate, room) = wanted, or beyond all where that is out of reach. */
function multiplierOf(step: {
  readonly wanted: Value;
  readonly magnitude: Value;
  readonly rate: Value;
  readonly room: Value;
}): Value {
  const { wanted, magnitude, rate, room } = step;
  const stopsAt = div(room, maximum(rate, tiny));
  const gain = mul(magnitude, rate);
  const most = mul(magnitude, room);
  let multiplier = mul(wanted, 0);
  for (let step = 0; step < newtonSteps; step++) {
    const moves = greater(stopsAt, multiplier);
    const slope = sumPerSample(where(moves, gain, 0));
    const missing = sub(wanted, sumPerSample(where(moves, 0, most)));
    const next = minimum(div(missing, maximum(slope, tiny)), beyond);
    // Rounding must not take it back to where it came from.
    multiplier = maximum(multiplier, next);
  }
  return multiplier;
}
