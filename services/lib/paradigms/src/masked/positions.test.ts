import { expect, it } from 'vitest';
import { sinusoidalPositions } from './positions.ts';

it('places patches by the sines and cosines of their column and row', () => {
  const begin = sinusoidalPositions(2, 8, 1);
  if (begin.law !== 'table') throw new Error(`expected a table, got ${begin.law}`);
  const row = (index: number): readonly number[] => [...begin.values.subarray(index * 8, (index + 1) * 8)];
  expect(begin.values).toHaveLength(5 * 8);
  expect(row(0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(row(1)).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  const [fast, slow] = [1, 0.01];
  const wave = (at: number): readonly number[] => [
    Math.sin(fast * at),
    Math.sin(slow * at),
    Math.cos(fast * at),
    Math.cos(slow * at),
  ];
  for (const [index, expected] of [...wave(1), ...wave(0)].entries()) expect(row(2)[index]).toBeCloseTo(expected, 6);
});
