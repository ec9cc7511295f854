import { createTensor, fromBytes, type Tensor } from '@parallax/tensor';
import { apply } from '../apply.ts';
import type { Dim, Shape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { createBody, createGraph, type Graph } from '../graph.ts';
import { operators } from '../operators/table.ts';
import type { OpName } from '../signatures.ts';
import { constant, input, type Value } from '../value.ts';
import { dataTypeOf } from './data-types.ts';
import { opset } from './encode.ts';
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
  for (const each of message.initializer ?? []) scope.set(each.name ?? '', constant(decodeTensor(each)));
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

function decodeTensor({
  name = '',
  dataType = 0,
  dims = [],
  rawData,
  floatData,
  int64Data,
  int32Data,
  doubleData,
}: Message<'TensorProto'>): Tensor {
  const dtype = dataTypeOf(dataType);
  if (dtype === undefined)
    throw new GraphError('decode', `initializer ${name}: expected a known element type, got ${dataType}`);
  if (rawData !== undefined) return fromBytes(dtype, dims, rawData);
  if (dtype === 'float32') return createTensor(dtype, dims, Float32Array.from(floatData ?? []));
  if (dtype === 'float64') return createTensor(dtype, dims, Float64Array.from(doubleData ?? []));
  if (dtype === 'int64') return createTensor(dtype, dims, BigInt64Array.from(int64Data ?? [], BigInt));
  if (dtype === 'int32') return createTensor(dtype, dims, Int32Array.from(int32Data ?? []));
  return createTensor(dtype, dims, Uint8Array.from(int32Data ?? []));
}

function decodeNode(node: Message<'NodeProto'>, scope: Scope): void {
  const op = node.opType ?? '';
  if (!isOperator(op) || (node.domain ?? '') !== '') {
    throw new GraphError(
      'decode',
      `node ${node.name ?? node.output?.[0] ?? '?'}: operator ${node.domain ?? ''} ${op} is not supported`,
    );
  }
  const attributes = Object.fromEntries(
    (node.attribute ?? []).map((each) => [each.name ?? '', decodeAttribute(each, scope)]),
  );
  const given = (node.input ?? []).map((name) => (name === '' ? null : lookUp(scope, name)));
  const outputs = apply(op, padInputs(op, given) as never, attributes);
  (node.output ?? []).forEach((name, index) => {
    const value = outputs[index];
    if (value !== undefined) scope.set(name, value);
  });
}

function isOperator(op: string): op is OpName {
  return op in operators;
}

/** Optional inputs that a file leaves off at the end, by operator. */
const fullInputCounts: { readonly [O in OpName]?: number } = {
  Clip: 3,
  Conv: 3,
  ConvTranspose: 3,
  Gemm: 3,
  LayerNormalization: 3,
  Pad: 4,
  ReduceL1: 2,
  ReduceL2: 2,
  ReduceLogSum: 2,
  ReduceLogSumExp: 2,
  ReduceMax: 2,
  ReduceMean: 2,
  ReduceMin: 2,
  ReduceProd: 2,
  ReduceSum: 2,
  ReduceSumSquare: 2,
  Resize: 4,
  Slice: 5,
};

function padInputs(op: OpName, inputs: readonly (Value | null)[]): readonly (Value | null)[] {
  const missing = Math.max(0, (fullInputCounts[op] ?? 0) - inputs.length);
  return [...inputs, ...Array<null>(missing).fill(null)];
}

function decodeAttribute({ name = '', type, f, i, s, ints, g }: Message<'AttributeProto'>, scope: Scope): unknown {
  switch (type) {
    case 1:
      return f ?? 0;
    case 2:
      return i ?? 0;
    case 3:
      return new TextDecoder().decode(s ?? new Uint8Array());
    case 5:
      return g === undefined ? undefined : decodeGraph(g, scope);
    case 7:
      return ints ?? [];
    default:
      throw new GraphError(
        'decode',
        `attribute ${name}: expected a number, string, list or graph, got type ${type ?? 'none'}`,
      );
  }
}
