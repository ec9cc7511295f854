import { apply } from './apply.ts';
import { sameShape } from './dims.ts';
import { createBody, type Graph } from './graph.ts';
import { bodyOf, topologicalOrder } from './order.ts';
import { constantTensor, type Node, type Value } from './value.ts';

/** A constant with at most this many elements is shared by content; larger ones (weights) by identity. */
const sharedConstantElements = 64;

/**
 * The same graph with every computation in it once: equal operators on equal inputs become one node, and operators
 * that do nothing (adding 0, multiplying by 1, reshaping to the same shape) go.
 */
export function simplify(graph: Graph): Graph {
  return new Simplifier().graph(graph);
}

class Simplifier {
  private readonly values = new Map<Value, Value>();
  private readonly known = new Map<string, readonly Value[]>();
  private readonly identities = new Map<unknown, number>();

  graph({ inputs, outputs }: Graph): Graph {
    for (const node of topologicalOrder(outputs.map(({ value }) => value))) this.visit(node);
    return createBody(
      inputs,
      outputs.map(({ name, value }) => ({ name, value: this.resolve(value) })),
    );
  }

  private resolve(value: Value): Value {
    const known = this.values.get(value);
    if (known !== undefined) return known;
    const tensor = constantTensor(value);
    const shared = tensor !== undefined && tensor.data.length <= sharedConstantElements;
    const key = shared ? `constant ${tensor.dtype} ${tensor.dims.join()} ${tensor.data.join()}` : undefined;
    const result = (key === undefined ? undefined : this.known.get(key)?.[0]) ?? value;
    if (key !== undefined) this.known.set(key, [result]);
    this.values.set(value, result);
    return result;
  }

  private visit(node: Node): void {
    const body = bodyOf(node);
    const inputs = node.inputs.map((value) => (value === null ? null : this.resolve(value)));
    const attributes = body === undefined ? node.attributes : { ...node.attributes, body: this.graph(body) };
    const outputs = this.noOp(node, inputs) ?? this.rebuild(node, inputs, attributes);
    node.outputs.forEach((value, index) => {
      this.values.set(value, outputs[index] ?? value);
    });
  }

  private rebuild(node: Node, inputs: readonly (Value | null)[], attributes: object): readonly Value[] {
    const key = `${node.op} ${inputs.map((value) => this.identity(value)).join()} ${this.attributeKey(attributes)}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    // The node was valid for its own operator, and simplified inputs have the types of the old ones.
    const outputs = apply(node.op, inputs as never, attributes);
    this.known.set(key, outputs);
    return outputs;
  }

  private noOp({ op, outputs }: Node, [a, b]: readonly (Value | null)[]): readonly Value[] | undefined {
    const [y] = outputs;
    if (!a || !y) return undefined;
    const same = (value: Value): readonly Value[] | undefined =>
      value.dtype === y.dtype && sameShape(value.shape, y.shape) ? [value] : undefined;
    if (op === 'Identity' || op === 'Reshape' || op === 'Expand') return same(a);
    if ((op === 'Add' || op === 'Sub') && isScalar(b, 0)) return same(a);
    if ((op === 'Mul' || op === 'Div') && isScalar(b, 1)) return same(a);
    if (op === 'Add' && b && isScalar(a, 0)) return same(b);
    if (op === 'Mul' && b && isScalar(a, 1)) return same(b);
    return undefined;
  }

  private identity(value: unknown): number {
    const known = this.identities.get(value) ?? this.identities.size;
    this.identities.set(value, known);
    return known;
  }

  private attributeKey(attributes: object): string {
    return JSON.stringify(attributes, (name, value) => (name === 'body' ? this.identity(value) : value));
  }
}

function isScalar(value: Value | null | undefined, wanted: number): boolean {
  const tensor = constantTensor(value);
  return tensor !== undefined && tensor.data.length === 1 && Number(tensor.data[0]) === wanted;
}
