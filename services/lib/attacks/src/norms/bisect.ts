import { add, mul, repeat, scalarConstant, type Value, where } from '@parallax/graph';

/** As many halvings as a float32 number has digits. */
const halvings = 24;

/**
 * Narrows an interval for each sample until float32 can hardly tell its ends apart. `isBelow` says of a point, [N,1,1,1] →
 * bool [N,1,1,1], whether what is looked for lies above it. Returns the upper end: it was never found to lie below.
 */
export function bisect(low: Value, high: Value, isBelow: (point: Value) => Value): Value {
  const last = repeat(scalarConstant(halvings, 'int64'), { low, high }, (_, interval) => {
    const middle = mul(add(interval.low, interval.high), 0.5);
    const below = isBelow(middle);
    return { low: where(below, middle, interval.low), high: where(below, interval.high, middle) };
  });
  return last.high;
}
