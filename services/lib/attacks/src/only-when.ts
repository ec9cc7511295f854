import { cast, greater, reduceMax, repeat, type Value } from '@parallax/graph';

type Values = Readonly<Record<string, Value>>;

/**
 * Some values, changed where a condition, bool [], holds. Where it does not, nothing is computed of what `then` makes of its
 * `values`: it takes all it needs from there, as what it takes from elsewhere is computed in either case.
 */
export function onlyWhen<S extends Values>(condition: Value, values: S, then: (values: S) => Partial<S>): S {
  return repeat(cast(condition, 'int64'), values, (_, inside) => ({ ...inside, ...then(inside) }));
}

/** Whether a condition holds for any sample: bool [N] → bool []. */
export function anyOf(condition: Value): Value {
  return greater(reduceMax(cast(condition, 'float32'), [0], false), 0);
}
