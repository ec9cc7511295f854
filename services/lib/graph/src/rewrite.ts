import { apply } from './apply.ts';
import { createBody, type Graph } from './graph.ts';
import { bodyOf, topologicalOrder } from './order.ts';
import type { Node, Value } from './value.ts';

/** Other values for the outputs of a node, given its inputs as they are after rewriting; undefined leaves it alone. */
export type Rule = (node: Node, inputs: readonly (Value | null)[]) => readonly Value[] | undefined;

/** The same graph with the nodes that a rule replaces replaced, loop bodies included. Inputs and output names stay. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  return rewriteInto(new Map(), graph, rule);
}

function rewriteInto(replaced: Map<Value, Value>, graph: Graph, rule: Rule): Graph {
  const resolve = (value: Value): Value => replaced.get(value) ?? value;
  for (const node of topologicalOrder(
    graph.outputs.map(({ value }) => value),
    (value) => replaced.has(value),
  )) {
    const inputs = node.inputs.map((value) => (value === null ? null : resolve(value)));
    const outputs = rule(node, inputs) ?? rebuild(replaced, node, inputs, rule);
    for (const [index, value] of node.outputs.entries()) replaced.set(value, outputs[index] ?? value);
  }
  return createBody(
    graph.inputs,
    graph.outputs.map(({ name, value }) => ({ name, value: resolve(value) })),
  );
}

function rebuild(
  replaced: Map<Value, Value>,
  node: Node,
  inputs: readonly (Value | null)[],
  rule: Rule,
): readonly Value[] {
  const body = bodyOf(node);
  if (body === undefined && inputs.every((value, index) => value === node.inputs[index])) return node.outputs;
  const attributes =
    body === undefined ? node.attributes : { ...node.attributes, body: rewriteInto(replaced, body, rule) };
  // The node was valid for its own operator, and a rule keeps the types of what it replaces.
  return apply(node.op, inputs as never, attributes);
}
