import { apply, createBody, GraphError, input, type Value } from '@parallax/graph';
import type { State } from '../attack.ts';

/** A value of a state. @throws GraphError when there is none of that name. */
export function entry(state: State, name: string): Value {
  const value = state[name];
  if (value === undefined) throw new GraphError('state', `${name}: expected a value, got none`);
  return value;
}

/**
 * A loop as a function: `body` is traced once and run `count` times (an int64 scalar), each time on the state it left the
 * time before. What the body uses of values around it is computed once, before the loop.
 */
export function repeat(count: Value, initial: State, body: (iteration: Value, state: State) => State): State {
  const names = Object.keys(initial);
  const iteration = input('iteration', [], 'int64');
  const condition = input('condition', [], 'bool');
  const inside: State = Object.fromEntries(
    names.map((name) => {
      const { shape, dtype } = entry(initial, name);
      return [name, input(name, shape, dtype)];
    }),
  );
  const next = body(iteration, inside);
  const graph = createBody(
    [iteration, condition, ...names.map((name) => entry(inside, name))],
    [{ name: 'condition', value: condition }, ...names.map((name) => ({ name, value: entry(next, name) }))],
  );
  const last = apply('Loop', [count, null, ...names.map((name) => entry(initial, name))], { body: graph });
  return Object.fromEntries(names.map((name, index) => [name, last[index] ?? entry(initial, name)]));
}
