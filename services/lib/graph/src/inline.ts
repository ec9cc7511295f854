import { formatShape, type Shape } from './dims.ts';
import { GraphError } from './errors.ts';
import { type Graph, inputName } from './graph.ts';
import { substitute } from './rewrite.ts';
import type { Value } from './value.ts';

/**
 * Calls a graph like a function: its inputs are replaced by the values given and its outputs come back by name. This is
 * how an encoder read from a file becomes part of a larger graph (encoder → head → objective → gradient → attack step).
 * @throws GraphError when an argument is missing, or has another element type or a shape that does not fit.
 */
export function inline(graph: Graph, args: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const replaced = new Map<Value, Value>();
  for (const value of graph.inputs) {
    const name = inputName(value);
    const given = args[name];
    const expected = `${value.dtype} ${formatShape(value.shape)}`;
    if (given === undefined) throw new GraphError('inline', `input ${name}: expected ${expected}, got nothing`);
    if (given.dtype !== value.dtype || !fits(given.shape, value.shape)) {
      throw new GraphError(
        'inline',
        `input ${name}: expected ${expected}, got ${given.dtype} ${formatShape(given.shape)}`,
      );
    }
    replaced.set(value, given);
  }
  return Object.fromEntries(substitute(graph, replaced).outputs.map(({ name, value }) => [name, value]));
}

/** A symbolic dimension takes any length. */
function fits(given: Shape, wanted: Shape): boolean {
  return given.length === wanted.length && wanted.every((dim, axis) => typeof dim === 'string' || dim === given[axis]);
}
