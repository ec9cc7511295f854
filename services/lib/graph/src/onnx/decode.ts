import { apply } from '../apply.ts';
import type { Dim, Shape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { createBody, createGraph, type Graph } from '../graph.ts';
import { operators } from '../operators/table.ts';
import type { OpName } from '../signatures.ts';
import { constant, input, type Value } from '../value.ts';
import { dataTypeOf } from './data-types.ts';
import { opset } from './encode.ts';
import { readAttributes } from './import/attributes.ts';
import { readTensor, tensorLabel } from './import/tensors.ts';
import { allInputs } from './input-counts.ts';
import { qualifiedName } from './own-functions.ts';
import { decodeMessage, type Message } from './wire.ts';

/**
 * Reads a model that {@link encodeModel} wrote, or any model of the same operator set within our operators.
 * @throws GraphError naming what was expected: not an ONNX file, another operator set, an unknown operator.
 */
export function decodeModel(bytes: Uint8Array): Graph {
  const model = readModel(bytes);
  const version = model.opsetImport?.find(({ domain }) => (domain ?? '') === '')?.version;
  if (version !== opset) throw new GraphError('decode', `opset: expected ${opset}, got ${version ?? 'none'}`);
  if (model.graph === undefined) throw new GraphError('decode', 'graph: expected a graph, got none');
  return decodeGraph(model.graph, undefined);
}

function readModel(bytes: Uint8Array): Message<'ModelProto'> {
  try {
    return decodeMessage('ModelProto', bytes);
  } catch (cause) {
    throw new GraphError(
      'decode',
      `expected an ONNX model, got ${bytes.byteLength} bytes that are none (${String(cause)})`,
    );
  }
}

type Scope = Map<string, Value>;

function decodeGraph(message: Message<'GraphProto'>, outer: Scope | undefined): Graph {
  const scope: Scope = new Map(outer);
  const inputs = (message.input ?? []).map((each) => {
    const value = decodeInput(each);
    scope.set(each.name ?? '', value);
    return value;
  });
  for (const each of message.initializer ?? []) {
    scope.set(each.name ?? '', constant(readTensor(tensorLabel(each.name), each, noExternalData)));
  }
  for (const node of message.node ?? []) decodeNode(node, scope);
  const outputs = (message.output ?? []).map(({ name = '' }) => ({ name, value: lookUp(scope, name) }));
  if (outer !== undefined) return createBody(inputs, outputs);
  return createGraph(inputs, Object.fromEntries(outputs.map(({ name, value }) => [name, value])));
}

function lookUp(scope: Scope, name: string): Value {
  const value = scope.get(name);
  if (value === undefined) throw new GraphError('decode', `value ${name}: used but never computed`);
  return value;
}

function decodeInput({ name = '', type }: Message<'ValueInfoProto'>): Value {
  const dtype = dataTypeOf(type?.tensorType?.elemType ?? 0);
  if (dtype === undefined) {
    throw new GraphError(
      'decode',
      `input ${name}: expected a known element type, got ${type?.tensorType?.elemType ?? 'none'}`,
    );
  }
  const shape: Shape = (type?.tensorType?.shape?.dim ?? []).map(
    (dim, axis): Dim => dim.dimValue ?? dim.dimParam ?? `${name}_${axis}`,
  );
  return input(name, shape, dtype);
}

/** Our own files hold all their data. */
function noExternalData(): never {
  throw new GraphError('decode', 'initializer: expected data in the file, got external data');
}

function decodeNode(node: Message<'NodeProto'>, scope: Scope): void {
  const op = qualifiedName(node);
  if (!isOperator(op)) {
    throw new GraphError('decode', `node ${node.name ?? node.output?.[0] ?? '?'}: operator ${op} is not supported`);
  }
  const found = readAttributes(node.attribute ?? [], undefined);
  const attributes = Object.fromEntries(
    found.names.map((name) => {
      const graph = found.attribute(name)?.kind === 'graph' ? found.get(name, 'graph') : undefined;
      return [name, graph === undefined ? found.attribute(name)?.value : decodeGraph(graph, scope)];
    }),
  );
  const given = (node.input ?? []).map((name) => (name === '' ? null : lookUp(scope, name)));
  const outputs = apply(op, allInputs(op, given) as never, attributes);
  (node.output ?? []).forEach((name, index) => {
    const value = outputs[index];
    if (value !== undefined) scope.set(name, value);
  });
}

function isOperator(op: string): op is OpName {
  return Object.hasOwn(operators, op);
}
