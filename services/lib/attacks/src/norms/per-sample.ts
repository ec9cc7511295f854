import {
  abs,
  expand,
  reduceMax,
  reduceSum,
  reshape,
  scalarConstant,
  shapeOf,
  slice,
  type Value,
} from '@parallax/graph';

/** Sums over one image: [N,C,H,W] → [N,1,1,1]. Row by row first, which keeps the rounding of long sums small. */
export function sumPerSample(x: Value): Value {
  return reduceSum(reduceSum(x, [3]), [1, 2, 3]);
}

/** Largest magnitude within one image: [N,C,H,W] → [N,1,1,1]. */
export function largestPerSample(x: Value): Value {
  return reduceMax(abs(x), [1, 2, 3]);
}

/** One number a sample, to be used with images: [N] → [N,1,1,1]. */
export function besideImages(perSample: Value): Value {
  return reshape(perSample, [-1, 1, 1, 1]);
}

/** One number a sample, out of what was reduced: [N,1,1,1] → [N]. */
export function asVector(perSample: Value): Value {
  return reshape(perSample, [-1]);
}

/** The same number for every sample of a batch of images: → [N]. */
export function everySample(value: number, images: Value, dtype: 'float32' | 'int64' = 'float32'): Value {
  const corner = slice(
    images,
    [1, 2, 3].map((axis) => ({ axis, start: 0, end: 1 })),
  );
  return expand(scalarConstant(value, dtype), shapeOf(asVector(corner)));
}
