import { GraphError, type Value } from '@parallax/graph';
import type { State } from '../attack.ts';

/** A value of a state. @throws GraphError when there is none of that name. */
export function entry(state: State, name: string): Value {
  const value = state[name];
  if (value === undefined) throw new GraphError('state', `${name}: expected a value, got none`);
  return value;
}
