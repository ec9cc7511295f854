import type { Graph } from './graph.ts';
import type { Node, Value } from './value.ts';

/** The body of a loop, or undefined for every other operator. */
export function bodyOf(node: Node): Graph | undefined {
  return 'body' in node.attributes ? (node.attributes as { readonly body: Graph }).body : undefined;
}

/** Everything a node needs before it can run: its inputs and, for a loop, what its body takes from around it. */
export function operandsOf(node: Node): readonly Value[] {
  const inputs = node.inputs.filter((value): value is Value => value !== null);
  const body = bodyOf(node);
  return body === undefined ? inputs : [...inputs, ...captured(body)];
}

/** Nodes in an order in which every node comes after what it needs. `stop` values are taken as given. */
export function topologicalOrder(
  values: readonly Value[],
  stop: (value: Value) => boolean = () => false,
): readonly Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  // An explicit stack: graphs of deep networks and unrolled attacks are deeper than the call stack allows.
  const stack: { readonly node: Node; readonly operands: readonly Value[]; next: number }[] = [];
  const push = (value: Value): void => {
    if (value.source.kind !== 'node' || done.has(value.source.node) || stop(value)) return;
    done.add(value.source.node);
    stack.push({ node: value.source.node, operands: operandsOf(value.source.node), next: 0 });
  };
  for (const value of values) {
    push(value);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const operand = top.operands[top.next++];
      if (operand !== undefined) push(operand);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

const capturedOf = new WeakMap<Graph, readonly Value[]>();

/**
 * The values a loop body takes from the graph around it: computed outside because they do not depend on the
 * iteration. (What does not change inside a loop thereby moves out of it.) Constants are not listed: a body has its own.
 */
export function captured(body: Graph): readonly Value[] {
  const known = capturedOf.get(body);
  if (known !== undefined) return known;
  const results = body.outputs.map(({ value }) => value);
  const inside = new Set<Value>(body.inputs);
  for (const node of topologicalOrder(results)) {
    if (operandsOf(node).some((operand) => inside.has(operand))) for (const output of node.outputs) inside.add(output);
  }
  const found = new Set<Value>();
  const take = (value: Value): void => {
    if (!inside.has(value) && value.source.kind !== 'constant') found.add(value);
  };
  results.forEach(take);
  for (const node of topologicalOrder(results, (value) => !inside.has(value))) operandsOf(node).forEach(take);
  const list = [...found];
  capturedOf.set(body, list);
  return list;
}
