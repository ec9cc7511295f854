import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../architecture/source-files.ts';

/** The folder beside the project with models, images and reference results; tests that need it say so when it is absent. */
const folder = path.join(root, '..', 'shared');

/** Names the files that are missing, for the reason of a skip; empty when all are there. */
export function missingFiles(...names: readonly string[]): string {
  return names.filter((name) => !existsSync(path.join(folder, name))).join(', ');
}

/** A file of the folder. */
export function sharedFile(name: string): Buffer {
  return readFileSync(path.join(folder, name));
}

/** Little-endian float64 numbers. */
export function sharedNumbers(name: string): Float64Array {
  const bytes = sharedFile(name);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The first images of the CIFAR-10 test set: pixels in [0, 1], [count, 3, 32, 32], and labels. */
export function sharedImages(count: number): { readonly pixels: Float64Array; readonly labels: readonly number[] } {
  const bytes = sharedFile(cifar10Test);
  const size = 3 * 32 * 32;
  const pixels = new Float64Array(count * size);
  const labels = Array.from({ length: count }, (_, row) => {
    const start = row * (size + 1);
    for (let index = 0; index < size; index++) pixels[row * size + index] = (bytes[start + 1 + index] ?? 0) / 255;
    return bytes[start] ?? 0;
  });
  return { pixels, labels };
}

/** Records of one label byte and 3072 pixel bytes. */
export const cifar10Test = 'data/cifar-10-batches-bin/test_batch.bin';
