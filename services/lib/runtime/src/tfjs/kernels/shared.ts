import * as tf from '@tensorflow/tfjs-core';
import type { Operand } from '../operand.ts';
import type { Kernel } from './kernel.ts';

/** An axis counted from the end when negative. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export function product(lengths: readonly number[]): number {
  return lengths.reduce((size, length) => size * length, 1);
}

/** How many elements one step along each axis passes in row-major order. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  return dims.map((_, axis) => product(dims.slice(axis + 1)));
}

/** 0, 1, …, length - 1 */
export function count(length: number): number[] {
  return [...Array(length).keys()];
}

export function unary(compute: (x: tf.Tensor) => tf.Tensor): Kernel<'Abs'> {
  return ({ inputs: [x] }) => compute(x.tensor);
}

export function binary(compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Kernel<'Add'> {
  return ({ inputs: [a, b] }) => compute(a.tensor, b.tensor);
}

/** The elements of one axis at some places, in that order. */
export function pick(x: tf.Tensor, places: readonly number[], axis: number): tf.Tensor {
  return tf.gather(x, tf.tensor1d([...places], 'int32'), axis);
}

/** A vector of one number per channel, as it broadcasts along axis 1 of a tensor of some rank. */
export function perChannel(vector: Operand, rank: number): tf.Tensor {
  return tf.reshape(vector.tensor, [1, -1, ...Array<number>(Math.max(0, rank - 2)).fill(1)]);
}

/** Pads an axis or more with one number. Negative amounts cut off. */
export function padWith(
  x: tf.Tensor,
  pads: readonly (readonly [before: number, after: number])[],
  value: number,
): tf.Tensor {
  const begin = pads.map(([before]) => Math.max(0, -before));
  const size = pads.map(([before, after], axis) =>
    Math.max(0, (x.shape[axis] ?? 0) + Math.min(0, before) + Math.min(0, after)),
  );
  const cut = pads.some(([before, after]) => before < 0 || after < 0) ? tf.slice(x, begin, size) : x;
  const added = pads.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  return added.some(([before, after]) => before + after > 0) ? tf.pad(cut, added, value) : cut;
}

/** Every `step`-th element along an axis from `start`, `length` of them. */
export function strided(x: tf.Tensor, axis: number, start: number, step: number, length: number): tf.Tensor {
  if (step === 1 || length <= 1) {
    const begin = x.shape.map((_, at) => (at === axis ? start : 0));
    const size = x.shape.map((whole, at) => (at === axis ? length : whole));
    return tf.slice(x, begin, size);
  }
  return pick(
    x,
    count(length).map((index) => start + step * index),
    axis,
  );
}
