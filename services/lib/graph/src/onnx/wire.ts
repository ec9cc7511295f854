import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Field numbers and types of the ONNX protobuf messages that we read and write (facts of the ONNX specification). */
const messages = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    metadataProps: [14, 'StringStringEntryProto', 'repeated'],
    functions: [25, 'FunctionProto', 'repeated'],
  },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
    sparseInitializer: [15, 'SparseTensorProto', 'repeated'],
  },
  FunctionProto: {
    name: [1, 'string'],
    input: [4, 'string', 'repeated'],
    output: [5, 'string', 'repeated'],
    attribute: [6, 'string', 'repeated'],
    node: [7, 'NodeProto', 'repeated'],
    opsetImport: [9, 'OperatorSetIdProto', 'repeated'],
    domain: [10, 'string'],
    attributeProto: [11, 'AttributeProto', 'repeated'],
    overload: [13, 'string'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    domain: [7, 'string'],
    overload: [8, 'string'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float', 'repeated'],
    ints: [8, 'int64', 'repeated'],
    strings: [9, 'bytes', 'repeated'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'SparseTensorProto'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    segment: [3, 'bytes'],
    floatData: [4, 'float', 'repeated'],
    int32Data: [5, 'int32', 'repeated'],
    int64Data: [7, 'bigint', 'repeated'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'repeated'],
    uint64Data: [11, 'ubigint', 'repeated'],
    externalData: [13, 'StringStringEntryProto', 'repeated'],
    dataLocation: [14, 'int32'],
  },
  SparseTensorProto: { dims: [3, 'int64', 'repeated'] },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensorType: [1, 'TensorTypeProto'] },
  TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto', 'repeated'] },
  DimensionProto: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
} as const;

type Messages = typeof messages;
export type MessageName = keyof Messages;

interface Scalars {
  /** As a number: beyond 2^53 the nearest one. */
  readonly int64: number;
  /** An int64 in full: a number where that holds it, which takes far less memory. */
  readonly bigint: number | bigint;
  /** A uint64 in full. */
  readonly ubigint: number | bigint;
  readonly int32: number;
  readonly float: number;
  readonly double: number;
  readonly string: string;
  readonly bytes: Uint8Array;
}

type FieldType = keyof Scalars | MessageName;
type Field = readonly [number: number, type: FieldType] | readonly [number: number, type: FieldType, label: 'repeated'];
type Decoded<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Message<T> : never;

/** A message as a plain object. A field left out is absent; a repeated field left out is absent too. */
export type Message<M extends MessageName> = {
  readonly [F in keyof Messages[M]]?: Messages[M][F] extends readonly [number, infer T, 'repeated']
    ? readonly Decoded<T>[]
    : Messages[M][F] extends readonly [number, infer T]
      ? Decoded<T>
      : never;
};

const wireTypes: { readonly [S in keyof Scalars]: WireType } = {
  int64: WireType.Varint,
  bigint: WireType.Varint,
  ubigint: WireType.Varint,
  int32: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
};

export function encodeMessage<M extends MessageName>(name: M, message: Message<M>): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, name, message);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, name: MessageName, message: object): void {
  for (const [field, [number, type, label]] of fieldsOf(name)) {
    const value = (message as Record<string, unknown>)[field];
    if (value === undefined) continue;
    const values = label === 'repeated' ? (value as readonly unknown[]) : [value];
    if (label === 'repeated' && isPacked(type)) {
      writer.tag(number, WireType.LengthDelimited).fork();
      for (const each of values) writeScalar(writer, type, each);
      writer.join();
    } else {
      for (const each of values) writeField(writer, number, type, each);
    }
  }
}

function fieldsOf(name: MessageName): readonly [string, readonly [number, FieldType, 'repeated'?]][] {
  return Object.entries(messages[name] as Readonly<Record<string, Field>>) as never;
}

function isScalarType(type: FieldType): type is keyof Scalars {
  return type in wireTypes;
}

function isPacked(type: FieldType): type is Exclude<keyof Scalars, 'string' | 'bytes'> {
  return isScalarType(type) && wireTypes[type] !== WireType.LengthDelimited;
}

function writeField(writer: BinaryWriter, number: number, type: FieldType, value: unknown): void {
  if (isScalarType(type)) {
    writer.tag(number, wireTypes[type]);
    writeScalar(writer, type, value);
    return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  writeMessage(writer, type, value as object);
  writer.join();
}

function writeScalar(writer: BinaryWriter, type: keyof Scalars, value: unknown): void {
  if (type === 'string') writer.string(value as string);
  else if (type === 'bytes') writer.bytes(value as Uint8Array);
  else if (type === 'bigint') writer.int64(value as bigint | number);
  else if (type === 'ubigint') writer.uint64(value as bigint | number);
  else writer[type](value as number);
}

/** What a file may make the reader do. */
export interface WireLimits {
  /** Messages within messages: a graph in an attribute of a node is three levels further down. */
  readonly depth: number;
  /** Messages in all: an empty one takes two bytes of a file and far more of memory. */
  readonly messages: number;
}

const ordinaryLimits: WireLimits = { depth: 64, messages: 2_000_000 };

/**
 * Reads a message. Fields that are not listed here are skipped.
 * @throws Error when the bytes are not a message of this kind: truncated, a length that runs past the end, a field of
 *   another wire type, text that is not UTF-8, or more than the limits allow.
 */
export function decodeMessage<M extends MessageName>(
  name: M,
  bytes: Uint8Array,
  limits: WireLimits = ordinaryLimits,
): Message<M> {
  return new MessageReader(bytes, limits).read(name, bytes.byteLength, 0) as Message<M>;
}

const fieldsByNumber = new Map(
  (Object.keys(messages) as MessageName[]).map((name) => [
    name,
    new Map(fieldsOf(name).map(([field, [number, type, label]]) => [number, { field, type, label }] as const)),
  ]),
);

function compact(integer: bigint): number | bigint {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

class MessageReader {
  private readonly reader: BinaryReader;
  private readonly limits: WireLimits;
  private count = 0;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.reader = new BinaryReader(bytes);
    this.limits = limits;
  }

  read(name: MessageName, end: number, depth: number): object {
    if (depth > this.limits.depth) throw new Error(`${name}: expected at most ${this.limits.depth} levels of messages`);
    if (++this.count > this.limits.messages) throw new Error(`expected at most ${this.limits.messages} messages`);
    const known = fieldsByNumber.get(name);
    const message: Record<string, unknown> = {};
    while (this.reader.pos < end) {
      const [number, wireType] = this.reader.tag();
      const spec = known?.get(number);
      if (spec === undefined) this.skip(number, wireType);
      else if (spec.label !== 'repeated') message[spec.field] = this.field(name, spec, wireType, depth);
      else {
        const list = (message[spec.field] ?? []) as unknown[];
        message[spec.field] = list;
        if (wireType === WireType.LengthDelimited && isPacked(spec.type)) this.packed(name, spec.type, list);
        else list.push(this.field(name, spec, wireType, depth));
      }
    }
    if (this.reader.pos !== end) throw new Error(`${name}: a field runs past its end`);
    return message;
  }

  /** Groups are no part of the ONNX format. */
  private skip(number: number, wireType: WireType): void {
    if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw new Error('expected no groups');
    this.reader.skip(wireType, number);
  }

  private packed(name: string, type: keyof Scalars, list: unknown[]): void {
    const end = this.endOf(name);
    while (this.reader.pos < end) list.push(this.scalar(type));
    if (this.reader.pos !== end) throw new Error(`${name}: a packed list runs past its end`);
  }

  private field(
    name: string,
    { field, type }: { readonly field: string; readonly type: FieldType },
    wireType: WireType,
    depth: number,
  ): unknown {
    const expected = isScalarType(type) ? wireTypes[type] : WireType.LengthDelimited;
    if (wireType !== expected) throw new Error(`${name}.${field}: expected wire type ${expected}, got ${wireType}`);
    if (isScalarType(type)) return this.scalar(type);
    return this.read(type, this.endOf(type), depth + 1);
  }

  private endOf(name: string): number {
    const length = this.reader.uint32();
    if (this.reader.pos + length > this.reader.len)
      throw new Error(`${name}: ${length} bytes run past the end of the file`);
    return this.reader.pos + length;
  }

  private scalar(type: keyof Scalars): unknown {
    switch (type) {
      case 'int64':
        return Number(this.reader.int64());
      case 'bigint':
        return compact(BigInt(this.reader.int64()));
      case 'ubigint':
        return compact(BigInt(this.reader.uint64()));
      case 'string':
        return this.reader.string(true);
      default:
        return this.reader[type]();
    }
  }
}
