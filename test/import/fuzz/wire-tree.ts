/**
 * A protobuf message without its schema: enough to change a field and keep the file well-formed. Bytes that read as a
 * message are taken for one.
 */
export interface Field {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  value: bigint | Uint8Array | Field[];
}

/** Longer payloads are weights. */
const longestMessage = 1 << 22;

export function parseMessage(bytes: Uint8Array, depth = 0): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let result = 0n;
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, wire] = [Number((tag ?? 0n) >> 3n), Number((tag ?? 0n) & 7n)];
    if (tag === undefined || number < 1 || number > 100) return undefined;
    if (wire === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, wire, value });
    } else if (wire === 1 || wire === 5) {
      const length = wire === 1 ? 8 : 4;
      if (at + length > bytes.length) return undefined;
      fields.push({ number, wire, value: bytes.slice(at, at + length) });
      at += length;
    } else if (wire === 2) {
      const length = Number(varint() ?? -1n);
      if (length < 0 || at + length > bytes.length) return undefined;
      const payload = bytes.slice(at, at + length);
      at += length;
      const inner = length > 1 && length < longestMessage && depth < 12 ? parseMessage(payload, depth + 1) : undefined;
      fields.push({ number, wire, value: inner ?? payload });
    } else return undefined;
  }
  return fields;
}

export function writeMessage(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { number, wire, value } of fields) {
    parts.push(varintBytes(BigInt(number * 8 + wire)));
    if (typeof value === 'bigint') parts.push(varintBytes(value));
    else {
      const payload = value instanceof Uint8Array ? value : writeMessage(value);
      if (wire === 2) parts.push(varintBytes(BigInt(payload.length)));
      parts.push(payload);
    }
  }
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** Every list of fields in a message, itself first, with the depth at which it stands. */
export function allLists(fields: Field[]): Field[][] {
  const lists = [fields];
  for (const { value } of fields) if (Array.isArray(value)) lists.push(...allLists(value));
  return lists;
}
