import { createGraph, input } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, scalar, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adamW, clipNorm, type Optimizer, sgd } from './optimizers.ts';

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const parameters = [0.5, -1.5, 2];
const gradients = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.5, 0.6],
  [0.7, 0.8, -0.9],
];
const decayed = [1, 0, 1];
const learningRate = 0.1;

/** Runs an optimiser over the gradients above and returns the parameters after each step. */
async function trajectory(optimizer: Optimizer): Promise<number[][]> {
  const size = parameters.length;
  const names = Array.from({ length: optimizer.slots }, (_, slot) => `state${slot}`);
  const p = input('p', [size]);
  const g = input('g', [size]);
  const mask = input('mask', [size]);
  const rate = input('rate', []);
  const step = input('step', []);
  const state = names.map((name) => input(name, [size]));
  const next = optimizer.update(p, g, state, { learningRate: rate, step, decayed: mask });
  const outputs = {
    next: next.parameters,
    ...Object.fromEntries(next.state.map((value, slot) => [`next${slot}`, value])),
  };
  const executable = await engine.compile(createGraph([p, g, mask, rate, step, ...state], outputs));
  let now = float32([size], parameters);
  let slots = names.map(() => float32([size], [0, 0, 0]));
  const path: number[][] = [];
  for (const [index, gradient] of gradients.entries()) {
    const results = await executable.run({
      p: now,
      g: float32([size], gradient),
      mask: float32([size], decayed),
      rate: scalar(learningRate),
      step: scalar(index + 1),
      ...Object.fromEntries(names.map((name, slot) => [name, slots[slot] ?? now])),
    });
    now = results['next'] as typeof now;
    slots = names.map((_, slot) => results[`next${slot}`] as typeof now);
    path.push(toNumbers(now));
  }
  return path;
}

function expectClose(actual: readonly number[][], expected: readonly number[][]): void {
  for (const [step, row] of expected.entries()) {
    for (const [index, value] of row.entries()) expect(actual[step]?.[index]).toBeCloseTo(value, 5);
  }
}

describe('optimisers, against plain float64 arithmetic', () => {
  it('adamW decays apart from the gradient', async () => {
    const [beta1, beta2, weightDecay] = [0.9, 0.99, 0.05];
    const now = [...parameters];
    const mean = [0, 0, 0];
    const square = [0, 0, 0];
    const expected = gradients.map((gradient, step) =>
      gradient.map((slope, index) => {
        mean[index] = beta1 * (mean[index] ?? 0) + (1 - beta1) * slope;
        square[index] = beta2 * (square[index] ?? 0) + (1 - beta2) * slope * slope;
        const direction =
          (mean[index] ?? 0) /
          (1 - beta1 ** (step + 1)) /
          (Math.sqrt((square[index] ?? 0) / (1 - beta2 ** (step + 1))) + 1e-8);
        const kept = (now[index] ?? 0) * (1 - learningRate * weightDecay * (decayed[index] ?? 0));
        now[index] = kept - learningRate * direction;
        return now[index] ?? 0;
      }),
    );
    expectClose(await trajectory(adamW({ beta1, beta2, weightDecay })), expected);
  });

  it('sgd decays through the gradient and has momentum', async () => {
    const [momentum, weightDecay] = [0.9, 0.05];
    const now = [...parameters];
    const velocity = [0, 0, 0];
    const expected = gradients.map((gradient) =>
      gradient.map((slope, index) => {
        velocity[index] =
          momentum * (velocity[index] ?? 0) + slope + weightDecay * (decayed[index] ?? 0) * (now[index] ?? 0);
        now[index] = (now[index] ?? 0) - learningRate * (velocity[index] ?? 0);
        return now[index] ?? 0;
      }),
    );
    expectClose(await trajectory(sgd({ momentum, weightDecay })), expected);
  });

  it('clipNorm shortens long gradients and leaves short ones', async () => {
    const g = input('g', [2]);
    const executable = await engine.compile(createGraph([g], { clipped: clipNorm(g, 1) }));
    const clipped = async (values: readonly number[]): Promise<number[]> => {
      const { clipped: result } = await executable.run({ g: float32([2], values) });
      return result === undefined ? [] : toNumbers(result);
    };
    expect((await clipped([3, 4])).map((value) => value.toFixed(4))).toEqual(['0.6000', '0.8000']);
    expect((await clipped([0.3, 0.4])).map((value) => value.toFixed(4))).toEqual(['0.3000', '0.4000']);
    expect(await clipped([0, 0])).toEqual([0, 0]);
  });
});
