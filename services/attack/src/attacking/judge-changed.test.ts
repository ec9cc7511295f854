import { float32, sliceBatch } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { judgeChanged } from './judge-changed.ts';
import { verificationSeed } from './verification-seed.ts';

const clean = { images: float32([3, 1, 1, 1], [0, 0.5, 1]), classes: [4, 5, 6] };

describe('judging images that may have changed', () => {
  it('asks only about those that have, and keeps the order', async () => {
    const asked: unknown[] = [];
    const judge = judgeChanged(clean, async (images, sampleIds) => {
      asked.push([[...images.data], sampleIds]);
      return [9, 8];
    });
    expect(await judge(float32([3, 1, 1, 1], [0.25, 0.5, 0.75]), [10, 11, 12])).toEqual({ labels: [9, 5, 8] });
    expect(asked).toEqual([
      [
        [0.25, 0.75],
        [10, 12],
      ],
    ]);
  });

  it('asks nobody about the clean images', async () => {
    const judge = judgeChanged(clean, () => Promise.reject(new Error('asked')));
    expect(await judge(sliceBatch(clean.images, 0, 3), [10, 11, 12])).toEqual({ labels: [4, 5, 6] });
  });
});

describe('the seed of verification', () => {
  it('follows from the seed of the attack, and is another', () => {
    expect(verificationSeed(3n)).toBe(verificationSeed(3n));
    expect(new Set([3n, 4n, verificationSeed(3n), verificationSeed(4n)]).size).toBe(4);
    expect(verificationSeed(3n)).toBeGreaterThanOrEqual(0n);
  });
});
