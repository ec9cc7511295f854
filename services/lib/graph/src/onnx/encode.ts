import { type Tensor, toBytes } from '@parallax/tensor';
import type { Shape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { type Graph, inputName } from '../graph.ts';
import type { AttributeSpec } from '../operator.ts';
import { operators } from '../operators/table.ts';
import { bodyOf, captured, operandsOf, topologicalOrder } from '../order.ts';
import type { OpName } from '../signatures.ts';
import type { Node, Value, ValueInfo } from '../value.ts';
import { onnxType } from './data-types.ts';
import { fileName, ownFunctions } from './own-functions.ts';
import { encodeMessage, type Message } from './wire.ts';

/** The operator set our operators are written in, and the file format version that goes with it. */
export const opset = 21;
const irVersion = 10;

/**
 * Operators whose further outputs may be left off, and are where nothing uses them: without them a runtime takes a
 * faster kernel.
 */
const optionalOutputs: ReadonlySet<OpName> = new Set<OpName>(['MaxPool']);

/** `AttributeProto.AttributeType` of the ONNX specification. */
const attributeTypes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

/** Writes a graph as an ONNX model. The bytes depend on nothing but the graph, so equal graphs have equal hashes. */
export function encodeModel(graph: Graph): Uint8Array {
  const main = new GraphEncoder('main').encode(graph);
  return encodeMessage('ModelProto', {
    irVersion,
    producerName: 'parallax',
    opsetImport: [{ domain: '', version: opset }],
    graph: main,
    ...(usesOwn(main) ? ownFunctions(opset) : {}),
  });
}

/** Whether an operator that is not of the standard stands in a graph, or in one within it. */
function usesOwn({ node = [] }: Message<'GraphProto'>): boolean {
  return node.some(
    ({ domain, attribute = [] }) => domain !== undefined || attribute.some(({ g }) => g !== undefined && usesOwn(g)),
  );
}

class GraphEncoder {
  private readonly scope: string;
  private readonly outer: GraphEncoder | undefined;
  private readonly names = new Map<Value, string>();
  /** Outputs that nodes of this graph compute, by the name they are to have. */
  private readonly results = new Map<Value, string>();
  private readonly initializers: Message<'TensorProto'>[] = [];
  private readonly nodes: Message<'NodeProto'>[] = [];
  private readonly used = new Set<Value>();
  private loops = 0;

  constructor(scope: string, outer?: GraphEncoder) {
    this.scope = scope;
    this.outer = outer;
  }

  encode({ inputs, outputs }: Graph): Message<'GraphProto'> {
    inputs.forEach((value, index) => {
      this.names.set(value, this.outer === undefined ? inputName(value) : `${this.scope}.in${index}`);
    });
    const order = topologicalOrder(
      outputs.map(({ value }) => value),
      (value) => this.isOutside(value),
    );
    for (const value of [...outputs.map((output) => output.value), ...order.flatMap(operandsOf)]) this.used.add(value);
    const named = outputs.map(({ name, value }, index) => ({
      name: this.outer === undefined ? name : `${this.scope}.out${index}`,
      value,
    }));
    const computed = new Set(order.flatMap((node) => node.outputs));
    for (const { name, value } of named) {
      if (computed.has(value) && !this.results.has(value)) this.results.set(value, name);
    }
    for (const node of order) this.add(node);
    const results = named.map(({ name, value }) => this.result(name, value));
    return {
      name: this.scope,
      node: this.nodes,
      initializer: this.initializers,
      input: inputs.map((value) => valueInfo(this.name(value), value)),
      output: results,
    };
  }

  /** Computed by the graph around a loop body, which hands it in by name. */
  private isOutside(value: Value): boolean {
    return this.outer?.has(value) ?? false;
  }

  private has(value: Value): boolean {
    return this.names.has(value) || (this.outer?.has(value) ?? false);
  }

  private name(value: Value): string {
    const known = this.names.get(value);
    if (known !== undefined) return known;
    if (value.source.kind === 'constant') return this.addInitializer(value, value.source.tensor);
    if (this.outer !== undefined) return this.outer.name(value);
    throw new GraphError('encode', 'a value is used before it is computed');
  }

  /** Constants stand in the graph that uses them, a loop body's in the body: there a runtime may rearrange them. */
  private addInitializer(value: Value, tensor: Tensor): string {
    const name = `${this.scope}.c${this.initializers.length}`;
    this.names.set(value, name);
    this.initializers.push({ name, dataType: onnxType(tensor.dtype), dims: tensor.dims, rawData: toBytes(tensor) });
    return name;
  }

  private add(node: Node): void {
    const body = bodyOf(node);
    if (body !== undefined) for (const value of captured(body)) this.name(value);
    const input = node.inputs.map((value) => (value === null ? '' : this.name(value)));
    while (input.at(-1) === '') input.pop();
    const output = this.written(node).map((value, index) => {
      const own = `${this.scope}.n${this.nodes.length}${index === 0 ? '' : `.${index}`}`;
      const name = this.results.get(value) ?? own;
      this.names.set(value, name);
      return name;
    });
    this.nodes.push({ ...fileName(node.op), input, output, attribute: this.attributes(node) });
  }

  /** The outputs of a node, less the last ones where they are optional and nothing uses them. */
  private written({ op, outputs }: Node): readonly Value[] {
    if (!optionalOutputs.has(op)) return outputs;
    return outputs.slice(0, Math.max(1, outputs.findLastIndex((value) => this.used.has(value)) + 1));
  }

  private attributes(node: Node): readonly Message<'AttributeProto'>[] {
    const specs = operators[node.op].attributes as Readonly<Record<string, AttributeSpec<unknown>>>;
    return Object.entries(node.attributes)
      .filter(([name, value]) => !isNotGiven(specs[name]?.default, value))
      .map(([name, value]) => this.attribute(name, specs[name]?.kind ?? 'int', value));
  }

  private attribute(
    name: string,
    kind: AttributeSpec<unknown>['kind'] | keyof typeof attributeTypes,
    value: unknown,
  ): Message<'AttributeProto'> {
    const type = attributeTypes[kind];
    switch (kind) {
      case 'int':
        return { name, type, i: value as number };
      case 'float':
        return { name, type, f: value as number };
      case 'string':
        return { name, type, s: new TextEncoder().encode(value as string) };
      case 'ints':
        return { name, type, ints: value as readonly number[] };
      case 'graph':
        return { name, type, g: new GraphEncoder(`${this.scope}.loop${this.loops++}`, this).encode(value as Graph) };
    }
  }

  /** An output has its own name, also when the value is an input, a constant or an output already. */
  private result(name: string, value: Value): Message<'ValueInfoProto'> {
    if (this.results.get(value) !== name) {
      this.nodes.push({ opType: 'Identity', input: [this.name(value)], output: [name] });
    }
    return valueInfo(name, value);
  }
}

/** An attribute left at a default that says "not given": ONNX has no value for that, so it is not written. */
function isNotGiven(standard: unknown, value: unknown): boolean {
  if (Number.isNaN(standard)) return Number.isNaN(value);
  return [standard, value].every((list) => Array.isArray(list) && list.length === 0);
}

function valueInfo(name: string, { dtype, shape }: ValueInfo): Message<'ValueInfoProto'> {
  return { name, type: { tensorType: { elemType: onnxType(dtype), shape: { dim: shape.map(dimension) } } } };
}

function dimension(dim: Shape[number]): Message<'DimensionProto'> {
  if (typeof dim === 'number') return { dimValue: dim };
  // A computed length (`6*N`) is no name a caller could bind, so it is left open.
  return /^[A-Za-z_]\w*$/.test(dim) ? { dimParam: dim } : {};
}
