import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { decodeMessage } from '../wire.ts';
import { type ExternalFile, externalReader } from './external-data.ts';
import { ImportError } from './import-error.ts';
import { ordinaryLimits } from './limits.ts';

type Read = ReturnType<typeof externalReader>;
type Rewrite = (bytes: Uint8Array, read: Read) => Uint8Array;

/** Field numbers of the ONNX specification on the way from a model to its tensors. */
const fields = {
  tensor: { rawData: 9, externalData: 13, dataLocation: 14 },
  attribute: { t: 5, g: 6, tensors: 10, graphs: 11 },
} as const;
/** `TensorProto.DataLocation.EXTERNAL` */
const external = 1;

const tensor: Rewrite = (bytes, read) => {
  const message = decodeMessage('TensorProto', bytes);
  if (message.dataLocation !== external) return bytes;
  const { rawData, externalData, dataLocation } = fields.tensor;
  const none = () => undefined;
  const writer = copied(bytes, { [rawData]: none, [externalData]: none, [dataLocation]: none });
  return writer.tag(rawData, WireType.LengthDelimited).bytes(read(message)).finish();
};
const attribute: Rewrite = (bytes, read) => {
  const { t, g, tensors, graphs } = fields.attribute;
  return within(bytes, read, { [t]: tensor, [tensors]: tensor, [g]: graph, [graphs]: graph });
};
const node: Rewrite = (bytes, read) => within(bytes, read, { 5: attribute });
const graph: Rewrite = (bytes, read) => within(bytes, read, { 1: node, 5: tensor });
const functionBody: Rewrite = (bytes, read) => within(bytes, read, { 7: node });

/**
 * A model with the tensors that are kept beside it put into it; nothing else changes, known to us or not.
 * @throws ImportError when it is no ONNX model, or a tensor names a place that is not beside it or has too few bytes; what
 * `readFile` throws.
 */
export function embedExternalData(
  model: Uint8Array,
  readFile: ExternalFile,
  mostBytes = ordinaryLimits.bytes,
): Uint8Array {
  const failures = new Set<unknown>();
  const noting: ExternalFile = (location) => {
    try {
      return readFile(location);
    } catch (error) {
      failures.add(error);
      throw error;
    }
  };
  try {
    return within(model, externalReader(noting, mostBytes - model.byteLength), { 7: graph, 25: functionBody });
  } catch (error) {
    if (error instanceof ImportError || failures.has(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportError(`expected an ONNX model, got ${model.byteLength} bytes that are none (${reason})`);
  }
}

/** A message with the sub-messages of some fields rewritten. */
function within(bytes: Uint8Array, read: Read, rewrites: Readonly<Record<number, Rewrite>>): Uint8Array {
  const replace = Object.entries(rewrites).map(([field, rewrite]) => [
    field,
    (inner: Uint8Array) => rewrite(inner, read),
  ]);
  return copied(bytes, Object.fromEntries(replace)).finish();
}

/** Copies a message field by field; those named are replaced, or left out where that gives undefined. */
function copied(
  bytes: Uint8Array,
  replace: Readonly<Record<number, (inner: Uint8Array) => Uint8Array | undefined>>,
): BinaryWriter {
  const reader = new BinaryReader(bytes);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, type] = reader.tag();
    const change = replace[field];
    if (change === undefined || type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      if (change === undefined) writer.raw(bytes.subarray(start, reader.pos));
      continue;
    }
    const changed = change(reader.bytes());
    if (changed !== undefined) writer.tag(field, type).bytes(changed);
  }
  return writer;
}
