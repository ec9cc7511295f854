import { equal, type Value } from '@parallax/graph';

/** Whether the update of this step, an int64 scalar, is the last of so many: → bool []. */
export function isLast(step: Value, steps: number): Value {
  return equal(step, steps - 1);
}
