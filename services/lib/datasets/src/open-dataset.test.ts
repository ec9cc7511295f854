import { join } from 'node:path';
import { createMemoryArtifactStore } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { createTensor } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { batches, createDataset } from './dataset.ts';
import { formatDatasetName, parseDatasetName } from './dataset-name.ts';
import type { ImageSet } from './image-set.ts';
import { getImageSet, putImageSet } from './image-set-artifact.ts';
import { openDataset } from './open-dataset.ts';
import { SampleSetDigest } from './sample-set-digest.ts';
import { dataSearchPaths } from './search-paths.ts';

const nowhere = { searchPaths: [] };

/** Two float images of one pixel in three channels. */
const floatSet: ImageSet = {
  classes: ['cat', 'dog'],
  images: createTensor('float32', [2, 3, 1, 1], Float32Array.of(0, 0.5, 1, 0.25, 0.1, 0.8)),
  labels: Int32Array.of(1, 0),
  sampleIds: Int32Array.of(7, 3),
};

describe('names of datasets', () => {
  it.each([
    ['cifar10', { source: 'cifar10', split: undefined, range: undefined }],
    ['cifar10:test', { source: 'cifar10', split: 'test', range: undefined }],
    ['cifar10:test:0-200', { source: 'cifar10', split: 'test', range: { from: 0, to: 200 } }],
  ])('%s is taken apart and put together', (text, name) => {
    expect(parseDatasetName(text)).toEqual(name);
    expect(formatDatasetName(name)).toBe(text);
  });

  it.each(['', ':test', 'cifar10:test:', 'cifar10:test:5', 'cifar10:test:0-x', 'cifar10:test:-1-5', 'a:b:1-2:3'])(
    '"%s" is refused',
    async (text) => {
      await expect(openDataset(text, nowhere)).rejects.toThrow(
        `dataset: expected SOURCE:SPLIT or SOURCE:SPLIT:FROM-TO, such as cifar10:test:0-200, got "${text}"`,
      );
    },
  );

  it.each([
    ['shapes:test:5-5', 'dataset: expected a range FROM-TO with FROM < TO, got "shapes:test:5-5"'],
    ['shapes:test:0-1001', 'dataset: expected a range within the 1000 images of shapes:test, got 0-1001'],
    ['shapes', 'dataset: expected shapes:train or shapes:test, got "shapes"'],
    ['shapes:val', 'dataset: expected shapes:train or shapes:test, got "shapes:val"'],
    [
      'toString:x',
      'dataset: expected one of cifar10:train, cifar10:test, shapes:train, shapes:test, artifact:SHA256, got',
    ],
  ])('%s is refused', async (text, message) => {
    await expect(openDataset(text, nowhere)).rejects.toThrow(message);
  });

  it('says where it looked', async () => {
    await using folder = await temporaryFolder();
    // A folder of its own, so that what stands beside temporary folders is not looked at.
    const workingDirectory = join(folder.path, 'work');
    const searchPaths = dataSearchPaths('/given', workingDirectory);
    await expect(openDataset('cifar10:test', { searchPaths })).rejects.toThrow(
      `dataset: expected cifar-10-batches-bin or cifar-10-binary.tar.gz in one of /given, ${workingDirectory}/data, `,
    );
  });
});

describe('a dataset', () => {
  it('gives float and 8-bit images, of any indices in any order', async () => {
    const dataset = await openDataset('shapes:test:10-20', nowhere);
    expect(dataset).toMatchObject({ name: 'shapes:test:10-20', length: 10, shape: [3, 32, 32] });
    const pixels = dataset.pixels([3, 0]);
    const images = dataset.images([3, 0]);
    expect(images.dims).toEqual([2, 3, 32, 32]);
    expect(images.data).toEqual(Float32Array.from(pixels.data, (byte) => byte / 255));
    expect(dataset.images([0]).data).toEqual(images.data.subarray(3072));
    expect(() => dataset.images([10])).toThrow('index: expected one in [0, 10), got 10');
  });

  it('has sample ids and contents that do not depend on the slice', async () => {
    const whole = await openDataset('shapes:test:0-20', nowhere);
    const part = await openDataset('shapes:test:15-20', nowhere);
    expect([...part.sampleIds]).toEqual([15, 16, 17, 18, 19]);
    expect(part.pixels([0]).data).toEqual(whole.pixels([15]).data);
    expect(part.labels[0]).toBe(whole.labels[15]);
    expect(part.digest).not.toBe(whole.digest);
    expect((await openDataset('shapes:test:15-20', nowhere)).digest).toBe(part.digest);
  });

  it('rounds float images to 8 bits', () => {
    expect([...createDataset('floats', floatSet).pixels([0, 1]).data]).toEqual([0, 128, 255, 64, 26, 204]);
  });

  it('is walked in batches', async () => {
    const dataset = await openDataset('shapes:test:0-7', nowhere);
    expect([...batches(dataset, 3)]).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });
});

describe('an image set in the artifact store', () => {
  it('comes back as it was, also as a dataset', async () => {
    const store = createMemoryArtifactStore();
    const digest = await putImageSet(store, floatSet, { attack: 'pgd', seed: 1 });
    expect(await getImageSet(store, digest)).toEqual({ set: floatSet, provenance: { attack: 'pgd', seed: 1 } });
    const dataset = await openDataset(`artifact:${digest}:1-2`, { searchPaths: [], artifacts: store });
    expect(dataset).toMatchObject({ length: 1, classes: ['cat', 'dog'] });
    expect([...dataset.sampleIds]).toEqual([3]);
    expect(dataset.images([0]).data).toEqual(Float32Array.of(0.25, 0.1, 0.8));
    expect(await putImageSet(store, floatSet, { seed: 1, attack: 'pgd' })).toBe(digest);
  });

  it('comes back in 8 bits when stored so', async () => {
    const store = createMemoryArtifactStore();
    const shapes = await openDataset('shapes:test:0-4', nowhere);
    const set = { ...shapes, images: shapes.pixels([0, 1, 2, 3]) };
    const digest = await putImageSet(store, set, {});
    const again = await openDataset(`artifact:${digest}`, { searchPaths: [], artifacts: store });
    expect(again.digest).toBe(shapes.digest);
  });

  it('keeps every bit of what are no images where it is asked to, and is no dataset then', async () => {
    const store = createMemoryArtifactStore();
    const data = Float32Array.of(0, Number.NaN, 1.5, -0.25, Number.POSITIVE_INFINITY, -0);
    const set = { ...floatSet, images: createTensor('float32', [2, 3, 1, 1], data) };
    const digest = await putImageSet(store, set, {}, 'any');
    const { set: again } = await getImageSet(store, digest, 'any');
    expect(again.images.data).toEqual(data);
    await expect(openDataset(`artifact:${digest}`, { searchPaths: [], artifacts: store })).rejects.toThrow(
      'images.data[1]: expected a pixel in [0, 1], got NaN',
    );
  });

  it('is refused when its parts do not fit', async () => {
    const store = createMemoryArtifactStore();
    const bad = {
      ...floatSet,
      images: createTensor('float32', [2, 3, 1, 1], Float32Array.of(0, Number.NaN, 1, 0, 0, 2)),
      labels: Int32Array.of(2),
    };
    await expect(putImageSet(store, bad, {})).rejects.toThrow(
      'labels: expected 2 entries, one an image, got 1; labels[0]: expected a class in [0, 2), got 2; ' +
        'images.data[1]: expected a pixel in [0, 1], got NaN',
    );
  });

  it('says when an artifact is something else, or not there', async () => {
    const artifacts = createMemoryArtifactStore();
    const environment = { searchPaths: [], artifacts };
    for (const other of ['{}', 'null', 'no JSON']) {
      const digest = await artifacts.put(Buffer.from(other));
      await expect(openDataset(`artifact:${digest}`, environment)).rejects.toThrow(
        `artifact ${digest}: expected an image set (parallax.image-set.v1), got something else`,
      );
    }
    await expect(openDataset(`artifact:${'0'.repeat(64)}`, environment)).rejects.toThrow(': not found');
    await expect(openDataset('artifact:xyz', environment)).rejects.toThrow('digest: expected 64 lower-case');
    await expect(openDataset('artifact:xyz', nowhere)).rejects.toThrow('no artifact store is at hand');
  });
});

describe('sample set digest', () => {
  it('depends on images, ids and order, not on how they are batched', async () => {
    const dataset = await openDataset('shapes:test:0-6', nowhere);
    const digestOf = (rows: readonly (readonly number[])[], shift = 0) => {
      const digest = new SampleSetDigest();
      for (const row of rows)
        digest.add(
          Int32Array.from(row, (index) => index + shift),
          dataset.images(row),
        );
      return digest.hex();
    };
    const whole = digestOf([[0, 1, 2, 3, 4, 5]]);
    expect(digestOf([[0, 1], [2, 3, 4], [5]])).toBe(whole);
    expect(digestOf([[1, 0, 2, 3, 4, 5]])).not.toBe(whole);
    expect(digestOf([[0, 1, 2, 3, 4, 5]], 1)).not.toBe(whole);
  });
});
