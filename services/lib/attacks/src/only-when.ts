import { cast, greater, reduceMax, repeat, type Value } from '@parallax/graph';

/** What `then` makes of some values where a condition, bool [], holds. Else the values as they are, and nothing is computed. */
export function onlyWhen<S extends Readonly<Record<string, Value>>>(
  condition: Value,
  values: S,
  then: (values: S) => S,
): S {
  return repeat(cast(condition, 'int64'), values, (_, current) => then(current));
}

/** Whether a condition holds for any sample: bool [N] → bool []. */
export function anyOf(condition: Value): Value {
  return greater(reduceMax(cast(condition, 'float32'), [0], false), 0);
}
