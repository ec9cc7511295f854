import { describe, expect, test } from 'vitest';
import { looksOf } from './looks.ts';
import { mapLimited, partsOf } from './parts.ts';

describe('parts', () => {
  test.each([
    [200, 32, 2, [25, 25, 25, 25, 25, 25, 25, 25]],
    [10, 32, 2, [5, 5]],
    [3, 32, 2, [3]],
    [3, 1, 2, [1, 1, 1]],
    [1, 32, 4, [1]],
    [7, 3, 1, [2, 2, 3]],
  ])('of %i samples in batches of %i for %i workers', (count, batchSize, parallelism, lengths) => {
    const parts = partsOf(count, batchSize, parallelism);
    expect(parts.map((part) => part.length)).toEqual(lengths);
    expect(parts.flat()).toEqual([...Array(count).keys()]);
  });

  test('run a few at a time, and give results in order', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([5, 1, 3, 2], 2, async (ms) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, ms));
      running--;
      return ms;
    });
    expect(results).toEqual([5, 1, 3, 2]);
    expect(most).toBe(2);
  });

  test('begin nothing new after a failure, and wait for what runs', async () => {
    const begun: number[] = [];
    const run = mapLimited([0, 1, 2, 3], 2, async (item) => {
      begun.push(item);
      await new Promise((resolve) => setTimeout(resolve, item * 5));
      if (item === 0) throw new Error('first');
      return item;
    });
    await expect(run).rejects.toThrow('first');
    expect(begun).toEqual([0, 1]);
  });
});

test('looks come often at first, then every eight steps, and at the end', () => {
  expect(looksOf(1)).toEqual([1]);
  expect(looksOf(10)).toEqual([1, 3, 7, 10]);
  expect(looksOf(40)).toEqual([1, 3, 7, 15, 23, 31, 39, 40]);
  const looks = looksOf(5000);
  expect(looks.length).toBeLessThan(100);
  for (const [index, at] of looks.slice(1, -1).entries()) {
    expect(at - (looks[index] ?? 0)).toBeLessThanOrEqual(Math.max(8, at / 16));
    // What comes later does not change where the first looks are.
    expect(looksOf(at + 1)).toEqual([...looks.slice(0, index + 2), at + 1]);
  }
});
