import { add, clip, constant, floor, minimum, mul, sub, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import type { ImageDims } from '../norms/norm.ts';
import { besideChannels } from './per-channel.ts';

/** A square window in every image, at a place of its own. */
export interface Window {
  /** Rows and columns counted from the window's corner: [N,1,H,1] and [N,1,1,W], whole numbers. */
  readonly fromTop: Value;
  readonly fromLeft: Value;
  /** 1 for rows and columns of the window, 0 for others: [N,1,H,1] and [N,1,1,W]. */
  readonly rows: Value;
  readonly columns: Value;
}

/**
 * A window with sides of a given length, a scalar. The numbers `at` and `at` + 1 of `drawn`, [N,M] and uniform in [0,1), say
 * where: every place where it fits is as likely. Arithmetic takes a fraction of the time of comparisons and conditions.
 */
export function placeWindow(drawn: Value, at: number, side: Value, [, height, width]: ImageDims): Window {
  const fromTop = fromCorner(besideChannels(drawn, at, at + 1), side, height, [1, 1, height, 1]);
  const fromLeft = fromCorner(besideChannels(drawn, at + 1, at + 2), side, width, [1, 1, 1, width]);
  return { fromTop, fromLeft, rows: isWithin(fromTop, side), columns: isWithin(fromLeft, side) };
}

function fromCorner(uniform: Value, side: Value, length: number, dims: readonly number[]): Value {
  const positions = Float32Array.from({ length }, (_, position) => position);
  return sub(constant(float32(dims, positions)), floor(mul(uniform, sub(length + 1, side))));
}

/** 1 from 0 to `side` - 1, else 0. */
function isWithin(position: Value, side: Value): Value {
  return clip(minimum(add(position, 1), sub(side, position)), 0, 1);
}
