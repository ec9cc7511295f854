import { describe, expect, it } from 'vitest';
import { readTar, type TarEntry } from './tar.ts';

/** A header with its checksum, then the content, padded. */
function entry(path: string, content: string, options: { type?: string; prefix?: string } = {}): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write(' '.repeat(8), 148);
  header.write(options.type ?? '0', 156);
  header.write(options.prefix ?? '', 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

const archive = Buffer.concat([
  entry('folder/', '', { type: '5' }),
  entry('folder/a.txt', 'hello'),
  entry('b.txt', 'x'.repeat(1000)),
  entry('c.txt', 'deep', { prefix: 'long/path' }),
  Buffer.alloc(1024),
]);

async function* inPiecesOf(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(bytes: Uint8Array, pieceSize = 100, wanted = (_: string) => true): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  for await (const found of readTar(inPiecesOf(bytes, pieceSize), wanted)) entries.push(found);
  return entries;
}

const textOf = ({ path, content }: TarEntry) => [path, Buffer.from(content).toString()];

describe('readTar', () => {
  it.each([1, 7, 512, 100_000])('gives the files, from pieces of %d bytes', async (size) => {
    expect((await read(archive, size)).map(textOf)).toEqual([
      ['folder/a.txt', 'hello'],
      ['b.txt', 'x'.repeat(1000)],
      ['long/path/c.txt', 'deep'],
    ]);
  });

  it('skips what is not wanted, and needs no end mark', async () => {
    const entries = await read(archive.subarray(0, -1024), 100, (path) => path.endsWith('c.txt'));
    expect(entries.map(textOf)).toEqual([['long/path/c.txt', 'deep']]);
  });

  it('says when the archive is cut off or is none', async () => {
    await expect(read(archive.subarray(0, 1000))).rejects.toThrow('expected 512 bytes more, got the end after 488');
    await expect(read(Buffer.alloc(512, 'x'))).rejects.toThrow('got one with a wrong checksum');
  });
});
