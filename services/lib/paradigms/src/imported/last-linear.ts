import { type Graph, type Node, topologicalOrder, type Value } from '@parallax/graph';

/** All values of a graph that depend on its inputs; what does not is a weight, or computed from weights. */
export function dependents({ inputs, outputs }: Graph): ReadonlySet<Value> {
  const found = new Set<Value>(inputs);
  for (const node of topologicalOrder(outputs.map(({ value }) => value))) {
    if (node.inputs.some((value) => value !== null && found.has(value)))
      for (const value of node.outputs) found.add(value);
  }
  return found;
}

/**
 * The input of the last linear layer before the logits: what is called penultimate features. A layer is a product with
 * weights, whose bias, scale, pooling and change of shape may come after it. Undefined when something else is met first.
 */
export function lastLinear(logits: Value, dependent: ReadonlySet<Value>): Value | undefined {
  let value = logits;
  let pooled = false;
  for (;;) {
    const { source } = value;
    if (source.kind !== 'node') return undefined;
    const { node } = source;
    const data = layerInput(node, dependent);
    if (data !== undefined) return data;
    const before = passedOver(node, dependent, pooled);
    if (before === undefined) return undefined;
    pooled ||= pooling.has(node.op);
    value = before;
  }
}

const products: ReadonlySet<string> = new Set(['Gemm', 'MatMul', 'Conv']);
const pooling: ReadonlySet<string> = new Set(['GlobalAveragePool', 'AveragePool', 'ReduceMean']);
const shapes: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose', 'Cast']);
const scales: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);

/** What a linear layer is applied to; undefined for other operators. */
function layerInput({ op, inputs }: Node, dependent: ReadonlySet<Value>): Value | undefined {
  if (!products.has(op)) return undefined;
  const data = inputs.filter((value) => value !== null && dependent.has(value));
  return data.length === 1 ? (data[0] ?? undefined) : undefined;
}

/** What stands before an operator that may follow a last linear layer. A ReLU may where an average follows (SqueezeNet). */
function passedOver({ op, inputs }: Node, dependent: ReadonlySet<Value>, pooled: boolean): Value | undefined {
  const [first] = inputs;
  if (shapes.has(op) || pooling.has(op) || (op === 'Relu' && pooled)) return first ?? undefined;
  if (!scales.has(op)) return undefined;
  const data = inputs.filter((value) => value !== null && dependent.has(value));
  return data.length === 1 ? (data[0] ?? undefined) : undefined;
}
