import { add, fixedDim, floor, less, mul, slice, sub, type Value, where } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { interpolation, positions, resample } from './resample.ts';

const padding = 4;

/** Zero-pad 4, crop back at random, flip horizontally half of the time (protocol §3.2 "weak"): [N, 3, H, W] in [0, 1]. */
export function weak(images: Value, draw: Draw): Value {
  const height = fixedDim(images.shape, 2);
  const width = fixedDim(images.shape, 3);
  const random = draw('augmentation.weak', 'uniform', [3]);
  const rows = add(positions(height), shift(column(random, 0)));
  const columns = add(positions(width), shift(column(random, 1)));
  const flipped = where(less(column(random, 2), 0.5), sub(width - 1, columns), columns);
  return resample(images, interpolation(rows, height), interpolation(flipped, width));
}

/** Flips horizontally half of the time (protocol §3.2, diffusion). */
export function flip(images: Value, draw: Draw): Value {
  const height = fixedDim(images.shape, 2);
  const width = fixedDim(images.shape, 3);
  const random = draw('augmentation.flip', 'uniform', [1]);
  const columns = where(less(random, 0.5), sub(width - 1, positions(width)), positions(width));
  return resample(images, interpolation(positions(height), height), interpolation(columns, width));
}

/** One number per sample out of [N, K], as [N, 1]. */
export function column(values: Value, index: number): Value {
  return slice(values, [{ axis: 1, start: index, end: index + 1 }]);
}

/** Uniform [0, 1) to a whole number from -4 to 4. */
function shift(random: Value): Value {
  return sub(floor(mul(random, 2 * padding + 1)), padding);
}
