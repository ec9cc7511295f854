import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { imagesFromNumpy } from './numpy-images.ts';

/** The bytes of `numpy.save`, of a given format version. */
function npy(descr: string, shape: string, data: ArrayBufferView, { version = 1, order = 'False' } = {}): Uint8Array {
  const dict = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const start = version === 1 ? 10 : 12;
  const header = `${dict.padEnd(Math.ceil((start + dict.length + 1) / 64) * 64 - start - 1)}\n`;
  const length = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY'),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header),
    body,
  ]);
}

/** A ZIP archive, every second file deflated. */
function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [place, [name, bytes]] of Object.entries(files).entries()) {
    const content = place % 2 === 0 ? Buffer.from(bytes) : deflateRawSync(bytes);
    const local = Buffer.alloc(30 + name.length);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const entry = Buffer.alloc(46 + name.length);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(place % 2 === 0 ? 0 : 8, 10);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(bytes.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    entry.write(name, 46);
    locals.push(local, content);
    entries.push(entry);
    offset += local.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...entries, end]);
}

const pixels = Float32Array.of(0, 0.5, 1, 0.25, 0.1, 0.8);
const images = npy('<f4', '2, 3, 1, 1', pixels);
const labels = npy('<i8', '2,', BigInt64Array.of(4n, 0n));
const read = (bytes: Uint8Array, given: Uint8Array | undefined = labels) =>
  imagesFromNumpy({ name: 'x.npy', bytes }, given && { name: 'y.npy', bytes: given });

describe('images of NumPy files', () => {
  it('come with their labels, numbered classes and ids', () => {
    const set = read(images);
    expect(set.images).toMatchObject({ dtype: 'float32', dims: [2, 3, 1, 1], data: pixels });
    expect([[...set.labels], [...set.sampleIds], set.classes]).toEqual([
      [4, 0],
      [0, 1],
      ['0', '1', '2', '3', '4'],
    ]);
  });

  it('may be of 64-bit float or 8-bit integers, and of any format version', () => {
    expect(read(npy('<f8', '2, 3, 1, 1', Float64Array.from(pixels), { version: 2 })).images.data).toEqual(pixels);
    const bytes = Uint8Array.of(0, 128, 255, 1, 2, 3);
    expect(read(npy('|u1', '2, 3, 1, 1', bytes, { version: 3 })).images).toMatchObject({ dtype: 'uint8', data: bytes });
  });

  it('may come from an archive, deflated or not', () => {
    const archive = zip({ 'images.npy': images, 'labels.npy': labels });
    expect(imagesFromNumpy({ name: 'a.npz', bytes: archive }, undefined)).toEqual(read(images));
    const short = zip({ 'y.npy': labels, 'x.npy': images });
    expect(imagesFromNumpy({ name: 'a.npz', bytes: short }, undefined)).toEqual(read(images));
  });

  it.each<[string, () => unknown, string]>([
    ['no NumPy file', () => read(Buffer.from('PNG')), 'x.npy: expected a NumPy array, got something else'],
    ['a file cut off', () => read(images.subarray(0, -1)), 'x.npy: expected 24 bytes of elements, got 23'],
    ['a header cut off', () => read(images.subarray(0, 40)), 'x.npy: expected a header of'],
    [
      'big-endian numbers',
      () => read(npy('>f4', '2, 3, 1, 1', pixels)),
      'expected elements <f4, <f8, |u1, <i4, <i8, got >f4',
    ],
    [
      'Fortran order',
      () => read(npy('<f4', '2, 3, 1, 1', pixels, { order: 'True' })),
      'expected rows one after the other',
    ],
    ['another shape', () => read(npy('<f4', '2, 3', pixels)), 'x.npy: expected images [N, C, H, W], got [2, 3]'],
    [
      'channels last',
      () => read(npy('<f4', '1, 5, 5, 3', new Float32Array(75))),
      'got [1, 5, 5, 3], which looks like [N, H, W, C]',
    ],
    ['integers', () => read(npy('<i4', '2, 3, 1, 1', new Int32Array(6))), 'of float in [0,1], or of uint8, got int32'],
    [
      'a pixel out of range',
      () =>
        read(
          npy(
            '<f4',
            '2, 3, 1, 1',
            pixels.map((pixel) => pixel * 2),
          ),
        ),
      'a pixel in [0, 1], got 2',
    ],
    ['labels that are no integers', () => read(images, npy('<f4', '2,', Float32Array.of(0, 0.5))), 'got 0.5 at 1'],
    ['too few labels', () => read(images, npy('|u1', '1,', Uint8Array.of(0))), 'labels: expected 2 entries'],
    [
      'no labels',
      () => imagesFromNumpy({ name: 'x.npy', bytes: images }, undefined),
      'labels: expected a file of labels',
    ],
    [
      'an archive of something else',
      () => imagesFromNumpy({ name: 'a.npz', bytes: zip({ 'data.npy': images }) }, undefined),
      'a.npz: expected an array images or x, got data.npy',
    ],
    [
      'an archive cut off',
      () => imagesFromNumpy({ name: 'a.npz', bytes: zip({ 'images.npy': images }).subarray(0, 60) }, undefined),
      'a.npz: expected a ZIP archive',
    ],
  ])('are refused for %s', (_, action, message) => {
    expect(action).toThrow(message);
  });
});
