import type * as tf from '@tensorflow/tfjs-core';
import { count, padWith, product, strided } from './shared.ts';

/** A window that moves over the spatial axes. Lists have one entry an axis (`pads`: all begins, then all ends). */
export interface Window {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly ceil_mode?: number;
}

export interface Placement {
  /** How often the window fits along each spatial axis. */
  readonly lengths: readonly number[];
  /** Padding of each spatial axis; the end reaches as far as the last window does. */
  readonly pads: readonly (readonly [before: number, after: number])[];
}

/** A window may begin in the padding at the end only when lengths are not rounded up. */
export function place(
  spatial: readonly number[],
  { kernel_shape, strides, pads, dilations, ceil_mode }: Window,
): Placement {
  const rank = spatial.length;
  const placed = spatial.map((length, axis) => {
    const [stride, before, after] = [strides[axis] ?? 1, pads[axis] ?? 0, pads[axis + rank] ?? 0];
    const reach = (dilations[axis] ?? 1) * ((kernel_shape[axis] ?? 1) - 1) + 1;
    const steps = (length + before + after - reach) / stride;
    const up = ceil_mode === 1 && Math.ceil(steps) * stride < length + before;
    const windows = (up ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return { windows, pads: [before, Math.max(after, (windows - 1) * stride + reach - length - before)] as const };
  });
  return { lengths: placed.map(({ windows }) => windows), pads: placed.map((each) => each.pads) };
}

/**
 * What the window sees at each of its places, as one tensor [N, C, ...lengths] for every position in the window, in
 * row-major order. `fill` stands in the padding.
 */
export function windowed(x: tf.Tensor, window: Window, fill: number): readonly tf.Tensor[] {
  const { lengths, pads } = place(x.shape.slice(2), window);
  const padded = padWith(x, [[0, 0], [0, 0], ...pads], fill);
  const strides = window.kernel_shape.map((_, axis) => product(window.kernel_shape.slice(axis + 1)));
  return count(product(window.kernel_shape)).map((position) =>
    window.kernel_shape.reduce((seen, size, axis) => {
      const index = Math.floor(position / (strides[axis] ?? 1)) % size;
      const start = index * (window.dilations[axis] ?? 1);
      return strided(seen, axis + 2, start, window.strides[axis] ?? 1, lengths[axis] ?? 0);
    }, padded),
  );
}
