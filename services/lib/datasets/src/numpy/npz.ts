import { inflateRawSync } from 'node:zlib';
import { CorruptDataError } from '@parallax/config';

/** Largest array that is unpacked, in bytes. */
const mostBytes = 2 ** 31 - 1;

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endLength = 22;
const longestComment = 0xffff;

/**
 * The files in a ZIP archive such as `numpy.savez` writes it (PKWARE APPNOTE 6.3), by name: stored or deflated, up to 2 GiB.
 * @throws CorruptDataError when it is malformed, cut off or packed in another way.
 */
export function readZip(bytes: Uint8Array, name: string): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map<string, Uint8Array>();
  try {
    const end = findEnd(view);
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
      if (view.getUint32(at, true) !== entrySignature) throw new RangeError('no entry');
      const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
      const nameEnd = at + 46 + (nameLength ?? 0);
      const file = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
      files.set(file, contentOf(bytes, view, at));
      at = nameEnd + (extra ?? 0) + (comment ?? 0);
    }
  } catch (cause) {
    const facts = { reason: 'DATASET_CORRUPT', facts: { file: name }, cause };
    throw new CorruptDataError(
      `${name}: expected a ZIP archive of stored or deflated files, got something else`,
      facts,
    );
  }
  return files;
}

/** Where the record at the end of the archive begins; a comment may follow it. */
function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - endLength - longestComment);
  for (let at = view.byteLength - endLength; at >= first; at--) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  throw new RangeError('no end');
}

function contentOf(bytes: Uint8Array, view: DataView, entry: number): Uint8Array {
  const method = view.getUint16(entry + 10, true);
  const [packed, size, local] = [20, 24, 42].map((offset) => view.getUint32(entry + offset, true)) as [
    number,
    number,
    number,
  ];
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const content = bytes.subarray(start, start + packed);
  if (content.length !== packed || size > mostBytes) throw new RangeError('cut off');
  if (method === 0) return content;
  if (method !== 8) throw new RangeError(`method ${method}`);
  return inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
}
