import { apply } from './apply.ts';
import { sameShape } from './dims.ts';
import { createBody, type Graph, inputName } from './graph.ts';
import { bodyOf, topologicalOrder } from './order.ts';
import { input, type Node, type Value } from './value.ts';

/** What shall stand for the outputs of a node, whose inputs are rewritten already; they stay when it gives undefined. */
export type Rule = (node: Node) => readonly Value[] | undefined;

/** What shall stand for a constant. */
export type ConstantRule = (value: Value) => Value;

/**
 * The same graph with the nodes that a rule replaces replaced, loop bodies included; shapes are inferred anew. Nodes
 * that nothing changes stay the same objects.
 */
export function rewrite(graph: Graph, rule: Rule, constant: ConstantRule = (value) => value): Graph {
  return rebuildGraph(graph, { replaced: new Map(), rule, constant });
}

/** The same graph with other values in the place of some; `replaced` is added to on the way. */
export function substitute(graph: Graph, replaced: Map<Value, Value>): Graph {
  return rebuildGraph(graph, { replaced, rule: () => undefined, constant: (value) => value });
}

interface Rewriting {
  /** What stands for a value; grows while the graph is rewritten. */
  readonly replaced: Map<Value, Value>;
  readonly rule: Rule;
  readonly constant: ConstantRule;
}

function rebuildGraph(graph: Graph, rewriting: Rewriting): Graph {
  const { replaced } = rewriting;
  const order = topologicalOrder(
    graph.outputs.map(({ value }) => value),
    (value) => replaced.has(value),
  );
  for (const node of order) {
    const rebuilt = rebuildNode(node, rewriting);
    const outputs = rewriting.rule(rebuilt) ?? rebuilt.outputs;
    node.outputs.forEach((value, index) => {
      replaced.set(value, outputs[index] ?? value);
    });
  }
  return createBody(
    graph.inputs,
    graph.outputs.map(({ name, value }) => ({ name, value: resolve(value, rewriting) })),
  );
}

function resolve(value: Value, { replaced, constant }: Rewriting): Value {
  return replaced.get(value) ?? (value.source.kind === 'constant' ? constant(value) : value);
}

function rebuildNode(node: Node, rewriting: Rewriting): Node {
  const inputs = node.inputs.map((value) => (value === null ? null : resolve(value, rewriting)));
  const body = bodyOf(node);
  if (body === undefined && inputs.every((value, index) => value === node.inputs[index])) return node;
  const attributes =
    body === undefined ? node.attributes : { ...node.attributes, body: rebuildBody(body, inputs, rewriting) };
  // The node was valid for its own operator; the operator itself checks that the replacements fit.
  const [{ source }] = apply(node.op, inputs as never, attributes);
  return source.kind === 'node' ? source.node : node;
}

/** Loop bodies take (iteration, condition, ...states), and the states have the shapes that the loop is given. */
function rebuildBody(body: Graph, given: readonly (Value | null)[], rewriting: Rewriting): Graph {
  const inputs = body.inputs.map((value, index) => {
    const initial = given[index];
    if (index < 2 || !initial || sameShape(initial.shape, value.shape)) return value;
    const reshaped = input(inputName(value), initial.shape, value.dtype);
    rewriting.replaced.set(value, reshaped);
    return reshaped;
  });
  return createBody(inputs, rebuildGraph(body, rewriting).outputs);
}
