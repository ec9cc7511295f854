import { apply } from './apply.ts';
import { formatShape, type Shape } from './dims.ts';
import { GraphError } from './errors.ts';
import { createBody, type Graph, inputName } from './graph.ts';
import { bodyOf, topologicalOrder } from './order.ts';
import type { Node, Value } from './value.ts';

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

/** Rebuilds a graph with some of its values replaced; shapes are inferred anew from the replacements. */
function substitute(graph: Graph, replaced: Map<Value, Value>): Graph {
  const resolve = (value: Value): Value => replaced.get(value) ?? value;
  for (const node of topologicalOrder(
    graph.outputs.map(({ value }) => value),
    (value) => replaced.has(value),
  )) {
    const outputs = rebuild(node, resolve, replaced);
    node.outputs.forEach((value, index) => {
      replaced.set(value, outputs[index] ?? value);
    });
  }
  return createBody(
    graph.inputs,
    graph.outputs.map(({ name, value }) => ({ name, value: resolve(value) })),
  );
}

function rebuild(node: Node, resolve: (value: Value) => Value, replaced: Map<Value, Value>): readonly Value[] {
  const inputs = node.inputs.map((value) => (value === null ? null : resolve(value)));
  const body = bodyOf(node);
  const changed = body !== undefined || inputs.some((value, index) => value !== node.inputs[index]);
  if (!changed) return node.outputs;
  const attributes = body === undefined ? node.attributes : { ...node.attributes, body: substitute(body, replaced) };
  // The node was valid for its own operator; the operator itself checks that the replacements fit.
  return apply(node.op, inputs as never, attributes);
}
