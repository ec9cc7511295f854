import { add, constant, mul, type Value } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compute } from '../testing/compute.ts';
import { hiddenDetailError, hiddenError } from './loss.ts';

/** Two samples of three patches of two pixels; one patch of the first is hidden, two of the second. */
const hidden = constant(float32([2, 3, 1], [0, 1, 0, 1, 0, 1]));
const target = constant(float32([2, 3, 2], [0, 0, 1, 3, 0, 0, 0, 0, 5, 5, 0, 2]));
const prediction = constant(float32([2, 3, 2], [9, 9, 0, 0, 9, 9, 1, 3, 9, 9, 0, 2]));

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const numbers = async (value: Value): Promise<readonly number[]> =>
  toNumbers((await compute(engine, { value }))['value'] ?? float32([0], []));

it('counts errors in the pixels of hidden patches only', async () => {
  const [first, second] = await numbers(hiddenError(prediction, target, hidden));
  expect(first).toBeCloseTo((1 + 9) / 2, 5);
  expect(second).toBeCloseTo((1 + 9) / 2 / 2, 5);
});

it('counts errors in the detail of hidden patches by their contrast', async () => {
  const [first, second] = await numbers(hiddenDetailError(prediction, target, hidden));
  expect(first).toBeCloseTo(1 / 1.01, 5);
  expect(second).toBeCloseTo(1 / 0.01 / 2, 3);
});

it('sees in the detail of a patch neither its colour nor its contrast', async () => {
  const x = constant(float32([2, 3, 2], [1, 2, 30, 40, 5, 6, 70, 90, 9, 8, 70, 60]));
  const y = constant(float32([2, 3, 2], [9, 8, 10, 70, 5, 4, 30, 60, 1, 0, 10, 50]));
  const plain = await numbers(hiddenDetailError(x, y, hidden));
  const shifted = await numbers(hiddenDetailError(add(x, 7), y, hidden));
  const stretched = await numbers(hiddenDetailError(mul(x, 3), mul(y, 3), hidden));
  for (const [index, value] of plain.entries()) {
    expect(shifted[index]).toBeCloseTo(value, 3);
    expect(stretched[index]).toBeCloseTo(value, 3);
  }
});
