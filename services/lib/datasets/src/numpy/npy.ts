import { CorruptDataError } from '@parallax/config';

/** An array of a NumPy file: its shape, and its values in row-major order. */
export interface NumpyArray {
  readonly shape: readonly number[];
  /** As stored, except for 64-bit integers, which must be exact numbers. */
  readonly values: Float32Array | Float64Array | Uint8Array | Int32Array;
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

type Read = (bytes: Uint8Array) => NumpyArray['values'];

/** Element types, little-endian or of one byte, by the names NumPy gives them. */
const elements: Readonly<Record<string, { readonly size: number; readonly read: Read }>> = {
  '<f4': { size: 4, read: (bytes) => new Float32Array(bytes.buffer) },
  '<f8': { size: 8, read: (bytes) => new Float64Array(bytes.buffer) },
  '|u1': { size: 1, read: (bytes) => bytes },
  '<i4': { size: 4, read: (bytes) => new Int32Array(bytes.buffer) },
  '<i8': { size: 8, read: (bytes) => Float64Array.from(new BigInt64Array(bytes.buffer), Number) },
};

/**
 * Reads an array of the NumPy format, versions 1 to 3 (NEP 1). `name` is what errors call it.
 * @throws CorruptDataError when it is malformed or cut off, in another order or of another element type.
 */
export function parseNpy(bytes: Uint8Array, name: string): NumpyArray {
  if (!magic.every((byte, at) => bytes[at] === byte)) throw damaged(name, 'a NumPy array', 'something else');
  const { text, end } = headerOf(bytes, name);
  const type = /'descr':\s*'([^']+)'/.exec(text)?.[1] ?? 'a structure';
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (order === undefined || shape === undefined) throw damaged(name, 'element type, order and shape', text.trim());
  if (order === 'True') throw damaged(name, 'rows one after the other (C order)', 'columns (Fortran order)');
  const element = Object.hasOwn(elements, type) ? elements[type] : undefined;
  if (element === undefined) throw damaged(name, `elements ${Object.keys(elements).join(', ')}`, type);
  const dims = shape.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [Number(dim)]));
  const length = element.size * dims.reduce((product, dim) => product * dim, 1);
  if (bytes.length - end !== length) throw damaged(name, `${length} bytes of elements`, `${bytes.length - end}`);
  // A copy begins where its elements may.
  return { shape: dims, values: element.read(new Uint8Array(bytes.subarray(end))) };
}

function headerOf(bytes: Uint8Array, name: string): { readonly text: string; readonly end: number } {
  const version = bytes[6] ?? 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  if (version < 1 || version > 3 || bytes.length < start) throw damaged(name, 'format version 1 to 3', `${version}`);
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw damaged(name, `a header of ${end - start} bytes`, `${bytes.length - start}`);
  return { text: new TextDecoder('latin1').decode(bytes.subarray(start, end)), end };
}

function damaged(name: string, expected: string, got: string): CorruptDataError {
  const facts = { reason: 'DATASET_CORRUPT', facts: { file: name } };
  return new CorruptDataError(`${name}: expected ${expected}, got ${got}`, facts);
}
