import { abs, constant, fixedDim, matMul, relu, reshape, sub, transpose, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';

/** 0, 1, …, length - 1 as a constant [1, length]. */
export function positions(length: number): Value {
  return constant(
    float32(
      [1, length],
      Array.from({ length }, (_, index) => index),
    ),
  );
}

/**
 * The matrix of one-dimensional linear interpolation, [N, outputs, length]: row i reads position `coordinates[n, i]`.
 * Built from hat functions, so it is differentiable in the image and gives 0 outside it.
 */
export function interpolation(coordinates: Value, length: number): Value {
  const outputs = fixedDim(coordinates.shape, 1);
  const distance = sub(reshape(coordinates, [-1, outputs, 1]), reshape(positions(length), [1, 1, length]));
  return relu(sub(1, abs(distance)));
}

/** Applies one matrix per sample to the rows and one to the columns of [N, C, H, W]. Matrices are [N, out, in]. */
export function resample(images: Value, rows: Value, columns: Value): Value {
  const [, rowsOut = 0, rowsIn = 0] = rows.shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  const [, columnsOut = 0, columnsIn = 0] = columns.shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  const tall = matMul(reshape(rows, [-1, 1, rowsOut, rowsIn]), images);
  return matMul(tall, reshape(transpose(columns, [0, 2, 1]), [-1, 1, columnsIn, columnsOut]));
}

/** `first` after `second`, sample by sample. */
export function compose(first: Value, second: Value): Value {
  return matMul(first, second);
}

/** A fixed [length, length] matrix, added to every sample's. */
export function fixedMatrix(length: number, entry: (row: number, column: number) => number): Value {
  const data = Array.from({ length: length * length }, (_, index) => entry(Math.floor(index / length), index % length));
  return constant(float32([1, length, length], data));
}
