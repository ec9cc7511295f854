import { describe, expect, it } from 'vitest';
import { budget, count, duration, percent, percentRange, points, rate } from './format.ts';

describe('numbers', () => {
  it.each([
    [percent(0.305), '30.5'],
    [percent(1), '100.0'],
    [percentRange({ successes: 1, trials: 2, value: 0.5, interval: { lower: 0.2449, upper: 0.3719 } }), '24.5–37.2'],
    [points(0.276), '+27.6'],
    [points(-0.0312), '−3.1'],
    [points(-0.0001), '±0.0'],
    [duration(0.42), '0.4 s'],
    [duration(9.96), '10 s'],
    [duration(59.6), '1:00 min'],
    [duration(267.3), '4:27 min'],
    [duration(7_380), '2:03 h'],
    [count(9_999), '9,999'],
    [count(174_906), '174.9 k'],
    [count(23_500_000), '23.5 M'],
    [rate(0.333), '0.33'],
    [rate(13.42), '13.4'],
    [rate(1_240.4), '1,240'],
    [budget({ norm: 'NORM_LINF', epsilon: 8 / 255 }), 'ℓ∞ ≤ 8/255'],
    [budget({ norm: 'NORM_LINF', epsilon: 0.05 }), 'ℓ∞ ≤ 0.05'],
    [budget({ norm: 'NORM_L2', epsilon: 0.5 }), 'ℓ2 ≤ 0.5'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
