import { add, clip, constant, floor, minimum, mul, reshape, slice, sub, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import type { ImageDims } from '../norms/norm.ts';

/** A square window in every image, at a place of its own. */
export interface Window {
  /** Rows and columns counted from the window's corner: [N,1,H,1] and [N,1,1,W], whole numbers. */
  readonly fromTop: Value;
  readonly fromLeft: Value;
  /** 1 for rows and columns of the window, 0 for others: [N,1,H,1] and [N,1,1,W]. */
  readonly rows: Value;
  readonly columns: Value;
}

/** Numbers `from` to `to` - 1 of every sample, one a channel: [N,M] → [N,to - from,1,1]. */
export function besideChannels(numbers: Value, from: number, to: number): Value {
  return reshape(slice(numbers, [{ axis: 1, start: from, end: to }]), [-1, to - from, 1, 1]);
}

/**
 * A window with sides of a given length, a scalar. `drawn`, [N,2] or more and uniform in [0,1), says where by its first
 * two numbers: every place where it fits is as likely. Arithmetic on numbers takes a fraction of the time that comparisons and conditions take.
 */
export function placeWindow(drawn: Value, side: Value, [, height, width]: ImageDims): Window {
  const fromTop = fromCorner(drawn, 0, side, [height, 1]);
  const fromLeft = fromCorner(drawn, 1, side, [1, width]);
  return { fromTop, fromLeft, rows: isWithin(fromTop, side), columns: isWithin(fromLeft, side) };
}

function fromCorner(drawn: Value, axis: 0 | 1, side: Value, dims: readonly [number, number]): Value {
  const length = dims[axis];
  const positions = Float32Array.from({ length }, (_, position) => position);
  const corner = floor(mul(besideChannels(drawn, axis, axis + 1), sub(length + 1, side)));
  return sub(constant(float32([1, 1, ...dims], positions)), corner);
}

/** 1 from 0 to `side` - 1, else 0. */
function isWithin(position: Value, side: Value): Value {
  return clip(minimum(add(position, 1), sub(side, position)), 0, 1);
}
