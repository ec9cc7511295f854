import { describe, expect, it } from 'vitest';
import { normalInterval, poolMoments } from './moments.ts';
import { poolProportions, proportion } from './proportion.ts';
import { ratio } from './ratio.ts';

describe('proportion', () => {
  // The first four are the examples of Newcombe 1998, Table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [10, 10, 0.7225, 1],
  ])('gives %d of %d the Wilson interval [%f, %f]', (successes, trials, lower, upper) => {
    const { interval, value } = proportion(successes, trials);
    expect(value).toBe(successes / trials);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
    expect(interval.level).toBe(0.95);
  });

  it('knows nothing without trials', () => {
    expect(proportion(0, 0)).toEqual({
      successes: 0,
      trials: 0,
      value: 0,
      interval: { lower: 0, upper: 1, level: 0.95 },
    });
  });

  it.each([
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [0, Number.NaN],
  ])('refuses %d of %d', (successes, trials) => {
    expect(() => proportion(successes, trials)).toThrow('expected integers 0 ≤ successes ≤ trials');
  });

  it('pools counts, not values', () => {
    expect(poolProportions([proportion(1, 2), proportion(0, 8)])).toEqual(proportion(1, 10));
  });
});

describe('ratio', () => {
  // ln(1/2) ± 1.96 √(1/15 − 1/100 + 1/30 − 1/100).
  it('has the interval of Katz', () => {
    const result = ratio(proportion(15, 100), proportion(30, 100));
    expect(result?.value).toBeCloseTo(0.5, 12);
    expect(result?.interval.lower).toBeCloseTo(0.2871, 3);
    expect(result?.interval.upper).toBeCloseTo(0.8708, 3);
  });

  it('exceeds 1 where the numerator does', () => {
    expect(ratio(proportion(90, 100), proportion(45, 100))?.value).toBeCloseTo(2, 12);
  });

  it('does not exist for a denominator below one in N', () => {
    expect(ratio(proportion(3, 10), proportion(0, 1000))).toBeUndefined();
    expect(ratio(proportion(3, 10), proportion(1, 1000))?.value).toBeCloseTo(300, 9);
    expect(ratio(proportion(0, 0), proportion(1, 2))).toBeUndefined();
  });

  it('keeps an interval at 0', () => {
    const result = ratio(proportion(0, 100), proportion(50, 100));
    expect(result?.value).toBe(0);
    expect(result?.interval.lower).toBe(0);
    expect(result?.interval.upper).toBeGreaterThan(0);
  });
});

describe('moments', () => {
  it('pools as if all samples had been seen together', () => {
    const pooled = poolMoments([
      { mean: 2, deviation: Math.SQRT2, samples: 2 }, // 1, 3
      { mean: 7, deviation: 0, samples: 1 },
    ]);
    expect(pooled.mean).toBeCloseTo(11 / 3, 12);
    expect(pooled.deviation).toBeCloseTo(Math.sqrt(28 / 3), 12);
    expect(pooled.samples).toBe(3);
  });

  it('gives a mean its normal interval', () => {
    const { lower, upper } = normalInterval({ mean: 10, deviation: 2, samples: 100 });
    expect(lower).toBeCloseTo(10 - 0.391993, 5);
    expect(upper).toBeCloseTo(10 + 0.391993, 5);
  });
});
