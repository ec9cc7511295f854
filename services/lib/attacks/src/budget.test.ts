import { describe, expect, test } from 'vitest';
import { createBall, parseBudget } from './budget.ts';
import { parseQuantity } from './quantity.ts';

const dims = [3, 32, 32] as const;

test.each([
  ['8/255', 8 / 255],
  [' 8 / 255 ', 8 / 255],
  ['0.5', 0.5],
  ['1e-3', 0.001],
  ['3/0.5', 6],
  [0.25, 0.25],
])('reads %j exactly', (given, value) => {
  expect(parseQuantity(given)).toBe(value);
});

test.each(['', 'x', '1/0', '-1', '8/255/2', '0x10', '1/', Number.NaN, Number.POSITIVE_INFINITY])(
  'does not read %j',
  (given) => {
    expect(parseQuantity(given)).toBeUndefined();
  },
);

describe('a budget', () => {
  test.each([
    ['linf', '8/255', 8 / 255],
    ['linf', 1, 1],
    ['l2', '0.5', 0.5],
    ['l2', Math.sqrt(3072), Math.sqrt(3072)],
  ] as const)('may be %s %s', (norm, epsilon, value) => {
    expect(parseBudget({ norm, epsilon }, dims)).toEqual({ norm, epsilon: value });
  });

  test.each([
    ['linf', 0, 'budget.epsilon: expected a number above 0 and at most 1 in linf, got 0'],
    ['linf', -0.1, 'got -0.1'],
    ['linf', 1.01, 'at most 1 in linf, got 1.01'],
    ['linf', Number.NaN, 'got NaN'],
    ['linf', Number.POSITIVE_INFINITY, 'got Infinity'],
    ['linf', 'eight', 'got "eight"'],
    ['l2', 55.5, 'at most 55.4256 in l2, got 55.5'],
    ['linf', 1e-8, 'budget.epsilon: expected more than 1.2e-7, the resolution of float32 pixels, got 1e-8'],
    ['l3', 0.1, 'budget.norm: expected one of linf, l2, l1, got "l3"'],
  ])('may not be %s %s', (norm, epsilon, message) => {
    expect(() => parseBudget({ norm, epsilon }, dims)).toThrow(message);
  });

  test('is used up to what rounding may add', () => {
    const { radius, epsilon } = createBall({ norm: 'linf', epsilon: 8 / 255 }, dims);
    expect(radius).toBeLessThan(epsilon);
    expect(radius).toBeGreaterThan(epsilon * (1 - 1e-5));
  });
});
