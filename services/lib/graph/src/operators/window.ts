import type { Dim } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Window } from '../signatures.ts';
import type { ValueInfo } from '../value.ts';
import { fixed } from './shared.ts';

/** Begin and end of each spatial axis. */
export function padsOf({ pads, kernel_shape }: Window): readonly (readonly [begin: number, end: number])[] {
  return kernel_shape.map((_, axis) => [pads[axis] ?? 0, pads[axis + kernel_shape.length] ?? 0]);
}

/** A window with strides and dilations of 1, and no pads, where the lists are empty. */
export function filledWindow({ kernel_shape, strides, dilations, pads }: Window): Window {
  const orElse = (list: readonly number[], entries: readonly number[], entry: number): readonly number[] =>
    list.length > 0 ? list : entries.map(() => entry);
  return {
    kernel_shape,
    strides: orElse(strides, kernel_shape, 1),
    dilations: orElse(dilations, kernel_shape, 1),
    pads: orElse(pads, [...kernel_shape, ...kernel_shape], 0),
  };
}

/** How far the last entry of a window lies from its first. */
export function reach({ kernel_shape, dilations }: Window, axis: number): number {
  return (dilations[axis] ?? 1) * ((kernel_shape[axis] ?? 1) - 1);
}

/**
 * How many places a window takes along each spatial axis: ⌊(length + pads - reach - 1) / stride⌋ + 1. With `ceilMode` 1
 * the quotient is rounded up, but no window begins behind the input and its leading pads.
 */
export function convolvedLengths(op: string, lengths: readonly Dim[], window: Window, ceilMode = 0): readonly number[] {
  return padsOf(window).map(([begin, end], axis) => {
    const length = fixed(op, `spatial axis ${axis}`, lengths[axis]);
    const stride = window.strides[axis] ?? 1;
    const steps = (length + begin + end - reach(window, axis) - 1) / stride;
    const out = (ceilMode === 1 ? Math.ceil(steps) : Math.floor(steps)) + 1;
    if (out < 1)
      throw new GraphError(
        op,
        `spatial axis ${axis}: expected at least ${reach(window, axis) + 1} with padding, got ${length + begin + end}`,
      );
    return ceilMode === 1 && (out - 1) * stride >= length + begin ? out - 1 : out;
  });
}

/**
 * The window of the transposed convolution that takes `outputs` places back to `lengths`: its end pads cut what windows
 * cover behind the input, its output padding fills what no window reached.
 */
export function transposedWindow(
  lengths: readonly number[],
  outputs: readonly number[],
  window: Window,
): { readonly pads: readonly number[]; readonly output_padding: readonly number[] } {
  const begins = lengths.map((_, axis) => window.pads[axis] ?? 0);
  const covered = outputs.map(
    (out, axis) => (out - 1) * (window.strides[axis] ?? 1) + reach(window, axis) + 1 - (begins[axis] ?? 0),
  );
  return {
    pads: [...begins, ...lengths.map((length, axis) => Math.max(0, (covered[axis] ?? 0) - length))],
    output_padding: lengths.map((length, axis) => Math.max(0, length - (covered[axis] ?? 0))),
  };
}

type Rounded = Window & { readonly ceil_mode: number };

/**
 * A pooling window that is rounded up, written as one that is rounded down wherever that is the same: padding that is
 * not counted may be longer, only as far as the last place reaches. Runtimes disagree about rounding up.
 */
export function roundedWindow(
  op: string,
  x: ValueInfo,
  { kernel_shape, strides, dilations, pads, ceil_mode, count_include_pad }: Window & Partial<PoolRounding>,
): Rounded {
  const window = { kernel_shape, strides, dilations, pads };
  if (ceil_mode !== 1) return { ...window, ceil_mode: 0 };
  const lengths = x.shape.slice(2).map((dim, axis) => fixed(op, `spatial axis ${axis}`, dim));
  const places = convolvedLengths(op, lengths, window, 1);
  if (count_include_pad === 1) {
    const down = convolvedLengths(op, lengths, window);
    return { ...window, ceil_mode: places.every((place, axis) => place === down[axis]) ? 0 : 1 };
  }
  return { ...window, pads: transposedWindow(lengths, places, window).pads, ceil_mode: 0 };
}

interface PoolRounding {
  readonly ceil_mode: number;
  readonly count_include_pad: number;
}
