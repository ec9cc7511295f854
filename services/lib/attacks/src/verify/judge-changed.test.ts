import { float32, sliceBatch } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { judgeChanged } from './judge-changed.ts';
import { verificationSeed } from './verification-seed.ts';

const clean = { images: float32([3, 1, 1, 1], [0, 0.5, 1]), classes: [4, 5, 6] };
const changed = float32([3, 1, 1, 1], [0.25, 0.5, 0.75]);

describe('judging images that may have changed', () => {
  it('asks only about those that have, and keeps the order', async () => {
    const asked: unknown[] = [];
    const judged = await judgeChanged(clean, changed, async (images, rows) => {
      asked.push([[...images.data], rows]);
      return { classes: [9, 8] };
    });
    expect(judged).toEqual({ classes: [9, 5, 8] });
    expect(asked).toEqual([
      [
        [0.25, 0.75],
        [0, 2],
      ],
    ]);
  });

  it('keeps the votes of those that were asked about', async () => {
    const votes = [new Map([[9, 3]]), new Map([[8, 1]])];
    const judged = await judgeChanged(clean, changed, async () => ({ classes: [9, 8], votes }));
    expect(judged.votes).toEqual([votes[0], undefined, votes[1]]);
  });

  it('asks nobody about the clean images', async () => {
    const nobody = () => Promise.reject(new Error('asked'));
    expect(await judgeChanged(clean, sliceBatch(clean.images, 0, 3), nobody)).toEqual({ classes: [4, 5, 6] });
  });
});

describe('the seed of verification', () => {
  it('follows from the seed of the attack, and is another', () => {
    expect(verificationSeed(3n)).toBe(verificationSeed(3n));
    expect(new Set([3n, 4n, verificationSeed(3n), verificationSeed(4n)]).size).toBe(4);
    expect(verificationSeed(3n)).toBeGreaterThanOrEqual(0n);
  });
});
