import { describe, expect, it } from 'vitest';
import { warmupCosine } from './schedule.ts';

describe('warmupCosine', () => {
  it('rises linearly to the peak, then falls to zero', () => {
    const rate = warmupCosine(2, 4, 12);
    expect([0, 1, 2, 3].map(rate)).toEqual([0.5, 1, 1.5, 2]);
    expect(rate(4)).toBe(2);
    expect(rate(8)).toBeCloseTo(1);
    expect(rate(12)).toBeCloseTo(0);
  });

  it('works without warm-up', () => {
    expect(warmupCosine(1, 0, 10)(0)).toBe(1);
  });
});
