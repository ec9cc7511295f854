import { apply } from './apply.ts';
import { GraphError } from './errors.ts';
import { createBody } from './graph.ts';
import { input, type Value } from './value.ts';

/** Named values that a loop hands from one round to the next. */
export type LoopState = Readonly<Record<string, Value>>;

/**
 * A loop as a function: `body` is traced once and run `count` times (an int64 scalar), each time on the state it left the
 * time before. What the body uses of values around it is computed once, before the loop.
 * @throws GraphError when the body leaves out a value of the state, or changes its type or shape.
 */
export function repeat<State extends LoopState>(
  count: Value,
  initial: State,
  body: (iteration: Value, state: State) => State,
): State {
  const names = Object.keys(initial);
  const iteration = input('iteration', [], 'int64');
  const condition = input('condition', [], 'bool');
  const inside = entries(initial, (value, name) => input(name, value.shape, value.dtype));
  const next = body(iteration, inside);
  const graph = createBody(
    [iteration, condition, ...names.map((name) => entry(inside, name))],
    [{ name: 'condition', value: condition }, ...names.map((name) => ({ name, value: entry(next, name) }))],
  );
  const last = apply('Loop', [count, null, ...names.map((name) => entry(initial, name))], { body: graph });
  return entries(initial, (value, _, index) => last[index] ?? value);
}

/** The same names with other values. */
function entries<State extends LoopState>(
  state: State,
  replace: (value: Value, name: string, index: number) => Value,
): State {
  const replaced = Object.entries(state).map(([name, value], index) => [name, replace(value, name, index)]);
  return Object.fromEntries(replaced) as State;
}

function entry(state: LoopState, name: string): Value {
  const value = state[name];
  if (value === undefined) throw new GraphError('Loop', `state ${name}: expected a value, got none`);
  return value;
}
