import { add, constant, gather, mul, reshape, scalarConstant, sqrt, sub, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';

/** ᾱ_t for t = 0, …, steps - 1: the running product of 1 - β, with β linear from `first` to `last` (protocol §2.7). */
export function linearSchedule(steps: number, first: number, last: number): readonly number[] {
  const alphaBar: number[] = [];
  let product = 1;
  for (let t = 0; t < steps; t++) {
    product *= 1 - (first + ((last - first) * t) / (steps - 1));
    alphaBar.push(product);
  }
  return alphaBar;
}

/** x_t = √ᾱ_t x + √(1 - ᾱ_t) e for images x in [-1, 1] [N, C, H, W], noise e alike, and t: one for all, or int64 [N]. */
export function diffuse(x: Value, noise: Value, timestep: Value | number, alphaBar: readonly number[]): Value {
  const kept = alphaBarAt(timestep, alphaBar);
  return add(mul(x, sqrt(kept)), mul(noise, sqrt(sub(1, kept))));
}

function alphaBarAt(timestep: Value | number, alphaBar: readonly number[]): Value {
  if (typeof timestep !== 'number') {
    return reshape(gather(constant(float32([alphaBar.length], alphaBar)), timestep), [-1, 1, 1, 1]);
  }
  const kept = alphaBar[timestep];
  if (kept === undefined) {
    throw new RangeError(`timestep: expected an integer from 0 to ${alphaBar.length - 1}, got ${timestep}`);
  }
  return scalarConstant(kept);
}
