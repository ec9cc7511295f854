import { and, constant, floor, greaterOrEqual, less, mul, reshape, slice, sub, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import type { ImageDims } from '../norms/norm.ts';

/** A square window in every image, at a place of its own. */
export interface Window {
  /** Rows and columns counted from the window's corner: [N,1,H,1] and [N,1,1,W], whole numbers. */
  readonly rows: Value;
  readonly columns: Value;
  /** What lies in the window, bool [N,1,H,W]. */
  readonly inside: Value;
}

/** Numbers `from` … `to` - 1 of every sample, each beside a channel of its image: [N,M] → [N,to - from,1,1]. */
export function besideChannels(numbers: Value, from: number, to: number): Value {
  return reshape(slice(numbers, [{ axis: 1, start: from, end: to }]), [-1, to - from, 1, 1]);
}

/**
 * A window with sides of a given length, a scalar. `down` and `across`, [N,1,1,1] and uniform in [0,1), place it: every
 * place where it fits is as likely.
 */
export function placeWindow(down: Value, across: Value, side: Value, [, height, width]: ImageDims): Window {
  const rows = fromCorner(down, side, height, [1, 1, height, 1]);
  const columns = fromCorner(across, side, width, [1, 1, 1, width]);
  return { rows, columns, inside: and(isWithin(rows, side), isWithin(columns, side)) };
}

function fromCorner(uniform: Value, side: Value, length: number, dims: readonly number[]): Value {
  const positions = Float32Array.from({ length }, (_, position) => position);
  return sub(constant(float32(dims, positions)), floor(mul(uniform, sub(length + 1, side))));
}

function isWithin(fromCorner: Value, side: Value): Value {
  return and(greaterOrEqual(fromCorner, 0), less(fromCorner, side));
}
