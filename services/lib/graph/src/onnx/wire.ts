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
  },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    domain: [7, 'string'],
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
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    floatData: [4, 'float', 'repeated'],
    int32Data: [5, 'int32', 'repeated'],
    int64Data: [7, 'int64', 'repeated'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'repeated'],
    externalData: [13, 'StringStringEntryProto', 'repeated'],
    dataLocation: [14, 'int32'],
  },
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
  readonly int64: number;
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

function isPacked(type: FieldType): type is 'int64' | 'int32' | 'float' | 'double' {
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
  else writer[type](value as number);
}

/** @throws Error when the bytes are not a message of this kind (truncated, or a length that runs past the end). */
export function decodeMessage<M extends MessageName>(name: M, bytes: Uint8Array): Message<M> {
  return readMessage(new BinaryReader(bytes), name, bytes.byteLength) as Message<M>;
}

function readMessage(reader: BinaryReader, name: MessageName, end: number): object {
  const byNumber = new Map(fieldsOf(name).map(([field, spec]) => [spec[0], [field, spec] as const]));
  const message: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const known = byNumber.get(number);
    if (known === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    const [field, [, type, label]] = known;
    if (label !== 'repeated') {
      message[field] = readField(reader, type);
      continue;
    }
    const list = (message[field] ?? []) as unknown[];
    message[field] = list;
    if (wireType === WireType.LengthDelimited && isPacked(type)) {
      const last = reader.uint32() + reader.pos;
      while (reader.pos < last) list.push(readField(reader, type));
    } else {
      list.push(readField(reader, type));
    }
  }
  return message;
}

function readField(reader: BinaryReader, type: FieldType): unknown {
  if (type === 'int64') return Number(reader.int64());
  if (isScalarType(type)) return reader[type]();
  const length = reader.uint32();
  if (reader.pos + length > reader.len)
    throw new Error(`onnx: ${type} of ${length} bytes runs past the end of the file`);
  return readMessage(reader, type, reader.pos + length);
}
