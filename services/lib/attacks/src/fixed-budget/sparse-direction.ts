import {
  abs,
  cast,
  div,
  gatherElements,
  greaterOrEqual,
  maximum,
  mul,
  reduceMin,
  reshape,
  shapeSize,
  sign,
  sub,
  topK,
  type Value,
} from '@parallax/graph';
import { besideImages, sumPerSample } from '../norms/per-sample.ts';

/**
 * A direction of L1 norm 1 that changes many values alike: the signs of the `count` largest entries of each sample's
 * gradient, and of those that tie with the last of them. (The steepest direction in L1 changes a single value.) `count` is
 * a number, or one a sample [N]; from 1 on.
 */
export function sparseDirection(gradient: Value, count: number | Value): Value {
  const magnitudes = abs(gradient);
  const signs = mul(sign(gradient), cast(greaterOrEqual(magnitudes, leastOf(magnitudes, count)), 'float32'));
  return div(signs, maximum(sumPerSample(abs(signs)), 1));
}

/** The `count`-th largest entry of each sample, [N,1,1,1]. */
function leastOf(magnitudes: Value, count: number | Value): Value {
  const size = shapeSize(magnitudes.shape.slice(1));
  if (typeof size !== 'number') throw new RangeError('gradient: expected images of a fixed size');
  const rows = reshape(magnitudes, [-1, size]);
  const least =
    typeof count === 'number'
      ? reduceMin(topK(rows, count, 1).values, [1])
      : gatherElements(topK(rows, size, 1).values, reshape(cast(sub(count, 1), 'int64'), [-1, 1]), 1);
  return besideImages(least);
}
