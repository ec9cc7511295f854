import { reshape, shapeSize, type Value } from '@parallax/graph';

/** [N, ...] → [N, product of the rest]. */
export function flatten(x: Value): Value {
  const size = shapeSize(x.shape.slice(1));
  if (typeof size !== 'number') throw new RangeError(`flatten: expected fixed lengths behind the batch, got ${size}`);
  return reshape(x, [-1, size]);
}
