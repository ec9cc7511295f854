import type { DataType } from '@parallax/tensor';
import { onnxType } from '../data-types.ts';
import { encodeMessage, type Message } from '../wire.ts';

/** Small models for tests: what a file has is said in as few words as possible. */
export interface Synthetic {
  readonly opset?: number;
  /** Inputs by name: lengths, names of lengths, or null where the file leaves one open. */
  readonly inputs?: Readonly<Record<string, readonly (number | string | null)[]>>;
  readonly types?: Readonly<Record<string, number>>;
  readonly initializers?: readonly Message<'TensorProto'>[];
  readonly nodes?: readonly Message<'NodeProto'>[];
  /** Names of the outputs, or names with their shapes. */
  readonly outputs?: readonly string[];
  readonly outputShape?: readonly number[];
  readonly functions?: readonly Message<'FunctionProto'>[];
  readonly domains?: readonly string[];
}

type AttributeValue =
  | number
  | string
  | readonly number[]
  | Message<'TensorProto'>
  | { readonly graph: Message<'GraphProto'> };

/** A node that makes one value `output`; integers become ints, other numbers floats. */
export function node(
  opType: string,
  input: readonly string[],
  output: string | readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain?: string,
): Message<'NodeProto'> {
  return {
    opType,
    input,
    output: typeof output === 'string' ? [output] : output,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...(domain === undefined ? {} : { domain }),
  };
}

function attribute(name: string, value: AttributeValue): Message<'AttributeProto'> {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
  }
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) {
    const list = value as readonly number[];
    return list.every(Number.isInteger) ? { name, type: 7, ints: list } : { name, type: 6, floats: list };
  }
  if ('graph' in value) return { name, type: 5, g: value.graph };
  return { name, type: 4, t: value as Message<'TensorProto'> };
}

/** A float attribute whose number happens to be whole. */
export function float(name: string, f: number): Message<'AttributeProto'> {
  return { name, type: 1, f };
}

/** A tensor of whole numbers, int64 unless another type is said. */
export function integers(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Message<'TensorProto'> {
  return { name, dataType: onnxType('int64'), dims, int64Data: values };
}

export function floats(name: string, dims: readonly number[], value = 1): Message<'TensorProto'> {
  const count = dims.reduce((size, dim) => size * dim, 1);
  return { name, dataType: onnxType('float32'), dims, floatData: Array<number>(count).fill(value) };
}

/** The message of a value's type, with lengths that may be open. */
export function declared(
  name: string,
  shape: readonly (number | string | null)[],
  dtype: DataType | number = 'float32',
): Message<'ValueInfoProto'> {
  const elemType = typeof dtype === 'number' ? dtype : onnxType(dtype);
  const dim = shape.map((length) =>
    typeof length === 'number' ? { dimValue: length } : length === null ? {} : { dimParam: length },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** The bytes of a model. */
export function synthetic({
  opset = 18,
  inputs = { x: ['N', 3, 4, 4] },
  types = {},
  initializers = [],
  nodes = [],
  outputs = ['y'],
  outputShape,
  functions = [],
  domains = [],
}: Synthetic): Uint8Array {
  return encodeMessage('ModelProto', {
    irVersion: 8,
    producerName: 'test',
    opsetImport: [{ domain: '', version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))],
    functions,
    graph: {
      input: Object.entries(inputs).map(([name, shape]) => declared(name, shape, types[name])),
      initializer: initializers,
      node: nodes,
      output: outputs.map((name) => (outputShape === undefined ? { name } : declared(name, outputShape))),
    },
  });
}
