import {
  add,
  concat,
  constant,
  div,
  fixedDim,
  gemm,
  logSoftmax,
  mul,
  neg,
  reduceL2,
  reduceMean,
  reduceSum,
  reshape,
  type Value,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';

/** Far below any similarity over any temperature, so that the softmax gives it nothing. */
const excluded = -1e9;

/**
 * NT-Xent (Chen et al. 2020; protocol §3.1): projections [n, P] of two views of the same n images → loss of each image, [n],
 * the mean over its two views. Each view is told apart from the 2n - 2 views of the other images.
 */
export function ntXent(first: Value, second: Value, temperature: number): Value {
  const count = fixedDim(first.shape, 0);
  const views = concat([unit(first), unit(second)], 0);
  const similarity = div(gemm(views, views, { transB: true }), temperature);
  const logProbability = logSoftmax(
    add(
      similarity,
      table(2 * count, (row, column) => (row === column ? excluded : 0)),
    ),
  );
  const partner = table(2 * count, (row, column) => (Math.abs(row - column) === count ? 1 : 0));
  const perView = neg(reduceSum(mul(logProbability, partner), [1], false));
  return reduceMean(reshape(perView, [2, count]), [0], false);
}

function unit(vectors: Value): Value {
  const tiny = 1e-8;
  return div(vectors, add(reduceL2(vectors, [1]), tiny));
}

function table(size: number, entry: (row: number, column: number) => number): Value {
  const data = Array.from({ length: size * size }, (_, index) => entry(Math.floor(index / size), index % size));
  return constant(float32([size, size], data));
}
