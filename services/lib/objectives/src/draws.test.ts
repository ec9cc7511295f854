import { normal, toNumbers, uniform } from '@parallax/tensor';
import { expect, test } from 'vitest';
import { createDraws, fillDraws, fillStepDraws, repeatDraw, scopeDraw } from './draws.ts';

test('declares an input for every draw, and tells repeated purposes apart', () => {
  const { draw, specs, inputs } = createDraws();
  const first = draw('noise', 'normal', [3, 2]);
  draw('noise', 'normal', [3, 2]);
  scopeDraw(draw, 'view1')('noise', 'uniform', []);
  expect(first.shape).toEqual(['N', 3, 2]);
  expect(specs.map(({ purpose }) => purpose)).toEqual(['noise', 'noise.1', 'view1/noise']);
  expect(inputs.map((value) => value.shape)).toEqual([['N', 3, 2], ['N', 3, 2], ['N']]);
});

test('gives repeated passes the same values, in the order in which they ask', () => {
  const { draw, specs } = createDraws();
  const draws = repeatDraw(draw);
  const [one, two] = [draws(), draws()];
  const asked = [one('a', 'uniform', [1]), one('b', 'normal', [2])];
  expect([two('a', 'uniform', [1]), two('b', 'normal', [2])]).toEqual(asked);
  expect(two('c', 'uniform', [1])).toBe(one('c', 'uniform', [1]));
  expect(specs).toHaveLength(3);
});

test('fills rows by sample id alone', () => {
  const { draw, specs } = createDraws();
  draw('noise', 'normal', [2]);
  const feed = (sampleIds: readonly number[]): readonly number[] =>
    toNumbers(
      fillDraws(specs, { seed: 1, sampleIds, restart: 2 })['draw.noise'] ?? {
        dtype: 'float32',
        dims: [],
        data: new Float32Array(),
      },
    );
  expect(feed([7, 3])).toEqual([...feed([7]), ...feed([3])]);
  expect(feed([3])).toEqual([...normal({ seed: 1, purpose: 'noise', sampleId: 3, restart: 2 }, 2)]);
});

test('fills the draws of several steps, each by its own key', () => {
  const { draw, specs } = createDraws();
  draw('crop', 'uniform', [2]);
  const { 'draw.crop': feed } = fillStepDraws(specs, { seed: 1, sampleIds: [5, 6], restart: 1, step: 10 }, 3, 2);
  expect(feed?.dims).toEqual([3, 2, 2, 2]);
  const at = (step: number, each: number, row: number): readonly number[] => {
    const start = ((step * 2 + each) * 2 + row) * 2;
    return [...(feed?.data.subarray(start, start + 2) ?? [])];
  };
  for (const [step, each, row] of [
    [0, 0, 0],
    [2, 1, 0],
    [1, 0, 1],
  ] as const) {
    const key = { seed: 1, purpose: 'crop', sampleId: 5 + row, restart: 1, step: 10 + step, draw: each };
    expect(at(step, each, row)).toEqual([...uniform(key, 2)]);
  }
});
