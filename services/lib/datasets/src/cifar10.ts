import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { CorruptDataError } from '@parallax/config';
import { createTensor } from '@parallax/tensor';
import type { ImageSet } from './image-set.ts';
import { readTar, TarError } from './tar.ts';

/** CIFAR-10 (Krizhevsky, 2009), names by label. */
export const cifar10Classes: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/** The files of each split, in the order in which their records are counted. */
export const cifar10Files = {
  train: ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin'],
  test: ['test_batch.bin'],
} as const;

/** What the binary version is called, unpacked and as distributed. */
export const cifar10Candidates = ['cifar-10-batches-bin', 'cifar-10-binary.tar.gz'] as const;

const shape = [3, 32, 32] as const;
const pixelBytes = 3 * 32 * 32;
/** One label byte, then the pixels: red, green and blue plane, each row by row. */
const recordBytes = 1 + pixelBytes;

/**
 * Reads a split of the binary version from its folder or its archive. The files may have any number of records.
 * @throws CorruptDataError naming the file when one is missing, cut off or has an impossible label.
 */
export async function loadCifar10(path: string, split: keyof typeof cifar10Files): Promise<ImageSet> {
  const names = cifar10Files[split];
  const found = path.endsWith('.tar.gz') ? await readArchive(path, names) : await readFolder(path, names);
  const files = names.map((name) => ({ path: join(path, name), content: present(found.get(name), path, name) }));
  for (const file of files) assertWhole(file);
  return decode(files);
}

interface DataFile {
  readonly path: string;
  readonly content: Uint8Array;
}

async function readFolder(folder: string, names: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const there = new Set(await readdir(folder));
  const files = new Map<string, Uint8Array>();
  for (const name of names) if (there.has(name)) files.set(name, await readFile(join(folder, name)));
  return files;
}

async function readArchive(path: string, names: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const nameOf = (entry: string) => entry.split('/').at(-1) ?? '';
  const files = new Map<string, Uint8Array>();
  try {
    const bytes = createReadStream(path).pipe(createGunzip());
    for await (const entry of readTar(bytes, (name) => names.includes(nameOf(name)))) {
      files.set(nameOf(entry.path), entry.content);
    }
  } catch (error) {
    if (error instanceof TarError || isUnzipError(error)) throw corrupt(path, 'a gzipped tar archive', error.message);
    throw error;
  }
  return files;
}

/** Errors of zlib have codes such as `Z_DATA_ERROR` and `Z_BUF_ERROR` (cut off). */
function isUnzipError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function present(content: Uint8Array | undefined, path: string, name: string): Uint8Array {
  if (content === undefined) throw corrupt(path, `the file ${name}`, 'none');
  return content;
}

function assertWhole({ path, content }: DataFile): void {
  if (content.length === 0 || content.length % recordBytes !== 0) {
    throw corrupt(path, `a positive multiple of ${recordBytes} bytes`, `${content.length}`);
  }
}

function decode(files: readonly DataFile[]): ImageSet {
  const count = files.reduce((sum, { content }) => sum + content.length / recordBytes, 0);
  const pixels = new Uint8Array(count * pixelBytes);
  const labels = new Int32Array(count);
  let index = 0;
  for (const { path, content } of files) {
    for (let offset = 0; offset < content.length; offset += recordBytes, index++) {
      const label = content[offset] as number;
      if (label >= cifar10Classes.length) {
        throw corrupt(path, `a label in 0 … 9 in record ${offset / recordBytes}`, `${label}`);
      }
      labels[index] = label;
      pixels.set(content.subarray(offset + 1, offset + recordBytes), index * pixelBytes);
    }
  }
  const sampleIds = Int32Array.from({ length: count }, (_, id) => id);
  return { classes: cifar10Classes, images: createTensor('uint8', [count, ...shape], pixels), labels, sampleIds };
}

function corrupt(file: string, expected: string, got: string): CorruptDataError {
  return new CorruptDataError(`${file}: expected ${expected}, got ${got}`, {
    reason: 'DATASET_CORRUPT',
    facts: { file },
  });
}
