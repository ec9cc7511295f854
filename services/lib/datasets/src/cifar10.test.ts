import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@parallax/store/testing';
import { describe, expect, it } from 'vitest';
import { cifar10Files, loadCifar10 } from './cifar10.ts';

const recordBytes = 3073;

/** A folder in the official layout, `records` records a file; the bytes of record r of file f count up from f + r. */
async function writeFolder(parent: string, records: number): Promise<string> {
  const folder = join(parent, 'cifar-10-batches-bin');
  await mkdir(folder);
  for (const [file, name] of [...cifar10Files.train, ...cifar10Files.test].entries()) {
    const content = Buffer.alloc(records * recordBytes);
    for (let record = 0; record < records; record++) {
      content[record * recordBytes] = (file + record) % 10;
      for (let byte = 1; byte < recordBytes; byte++) content[record * recordBytes + byte] = file + record + byte;
    }
    await writeFile(join(folder, name), content);
  }
  return folder;
}

describe('CIFAR-10', () => {
  it('is read from the folder, whatever the number of records', async () => {
    await using parent = await temporaryFolder();
    const folder = await writeFolder(parent.path, 3);
    const train = await loadCifar10(folder, 'train');
    expect(train.images.dims).toEqual([15, 3, 32, 32]);
    expect([...train.labels]).toEqual([0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5, 4, 5, 6]);
    expect([...train.sampleIds]).toEqual(Array.from({ length: 15 }, (_, id) => id));
    // Record 2 of file 1 is image 5; its first pixels are 1 + 2 + 1, 1 + 2 + 2, …
    expect([...train.images.data.subarray(5 * 3072, 5 * 3072 + 3)]).toEqual([4, 5, 6]);
    expect((await loadCifar10(folder, 'test')).labels).toEqual(Int32Array.of(5, 6, 7));
  });

  it('is read from the archive just the same', async () => {
    await using parent = await temporaryFolder();
    const folder = await writeFolder(parent.path, 2);
    const archive = join(parent.path, 'cifar-10-binary.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', parent.path, 'cifar-10-batches-bin']);
    for (const split of ['train', 'test'] as const) {
      expect(await loadCifar10(archive, split)).toEqual(await loadCifar10(folder, split));
    }
  });

  it('says which file is cut off, missing, or mislabelled', async () => {
    await using parent = await temporaryFolder();
    const folder = await writeFolder(parent.path, 2);
    const test = join(folder, 'test_batch.bin');
    await truncate(test, 5000);
    await expect(loadCifar10(folder, 'test')).rejects.toThrow(
      `${test}: expected a positive multiple of 3073 bytes, got 5000`,
    );
    await truncate(test, 0);
    await expect(loadCifar10(folder, 'test')).rejects.toThrow('expected a positive multiple of 3073 bytes, got 0');
    const bytes = Buffer.alloc(3 * recordBytes);
    bytes[2 * recordBytes] = 10;
    await writeFile(test, bytes);
    await expect(loadCifar10(folder, 'test')).rejects.toThrow(`${test}: expected a label in 0 … 9 in record 2, got 10`);
    execFileSync('rm', [join(folder, 'data_batch_4.bin')]);
    await expect(loadCifar10(folder, 'train')).rejects.toThrow(
      `${folder}: expected the file data_batch_4.bin, got none`,
    );
  });

  it('says when the archive is cut off or is none', async () => {
    await using parent = await temporaryFolder();
    await writeFolder(parent.path, 2);
    const archive = join(parent.path, 'cifar-10-binary.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', parent.path, 'cifar-10-batches-bin']);
    const whole = await readFile(archive);
    await writeFile(archive, whole.subarray(0, whole.length / 2));
    await expect(loadCifar10(archive, 'test')).rejects.toThrow(`${archive}: expected a gzipped tar archive, got `);
    await writeFile(archive, 'not an archive');
    await expect(loadCifar10(archive, 'test')).rejects.toThrow(`${archive}: expected a gzipped tar archive, got `);
  });

  const shared = join(import.meta.dirname, '../../../../../shared/data/cifar-10-batches-bin');
  const without = existsSync(shared) ? '' : ' (skipped: no real images in ../shared/data)';
  it.skipIf(without)(`has evenly spread classes and plausible pixels in the real images${without}`, async () => {
    const { images, labels } = await loadCifar10(shared, 'test');
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(labels.length / 20);
    let sum = 0;
    for (let index = 0; index < images.data.length; index++) sum += images.data[index] as number;
    // The published mean over channels is 0.473.
    expect(sum / images.data.length / 255).toBeCloseTo(0.473, 1);
  });
});
