import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../budget.ts';
import type { GivenOptions } from '../options.ts';
import {
  type ApgdMemory,
  apgdStart,
  apgdTurn,
  crossEntropyAt,
  pgdStep,
  type ReferenceBall,
  type Vector,
} from '../testing/reference.ts';
import { imageAt, numberAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyImages, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const classes = 10;
const sampleIds = [0, 1, 2, 3, 4, 5];
const labels = [3, 1, 4, 1, 5, 9];
const clean = toyImages(sampleIds);
const weights = toyWeights(classes);
const digits = 5;

const budgets: readonly Budget[] = [
  { norm: 'linf', epsilon: 8 / 255 },
  { norm: 'l2', epsilon: 0.5 },
];

async function stepperOf(attack: string, options: GivenOptions, budget: Budget) {
  const { stepper, bound } = await stepToy(engine, { attack, options, budget, sampleIds, labels, classes });
  const reference: ReferenceBall = { norm: budget.norm, radius: bound.ball.radius, epsilon: bound.ball.epsilon };
  return { stepper, reference, bound };
}

function cleanOf(row: number): Vector {
  return imageAt({ clean }, 'clean', row);
}

function expectClose(found: Vector, wanted: Vector): void {
  const worst = Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(10 ** -digits);
}

test.each([...budgets, { norm: 'l1', epsilon: 3 } as const])(
  'PGD makes the steps of the reference in $norm',
  async (budget) => {
    const { stepper, reference, bound } = await stepperOf('pgd', { steps: 8 }, budget);
    let state = await stepper.start();
    for (let step = 0; step < 8; step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const x = imageAt(state, 'attack.images', row);
        const { loss, gradient } = crossEntropyAt(weights, x, labels[row] ?? 0);
        expect(numberAt(next, 'track.loss', row)).toBeCloseTo(loss, digits);
        const wanted = pgdStep(x, cleanOf(row), gradient, Number(bound.options['stepSize']), reference);
        expectClose(imageAt(next, 'attack.images', row), wanted);
      }
      state = next;
    }
  },
);

describe.each(budgets)('$norm', (budget) => {
  test('Auto-PGD makes the turns of the reference, state by state', async () => {
    const steps = 100;
    const { stepper, reference } = await stepperOf('apgd', { steps }, budget);
    let state = await stepper.start();
    const memories = sampleIds.map((_, row) => apgdStart(imageAt(state, 'attack.images', row), steps, reference));
    let halved = 0;
    for (let step = 0; step < steps; step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const memory = rounded(memories[row] as ApgdMemory, state, row);
        const seen = crossEntropyAt(weights, memory.x, labels[row] ?? 0);
        const loss = numberAt(next, 'track.loss', row);
        expect(loss).toBeCloseTo(seen.loss, digits);
        // Which of two nearly equal losses is larger is decided by the float32 one.
        const turned = apgdTurn(memory, { ...seen, loss }, cleanOf(row), steps, reference);
        expectSame(next, row, turned);
        if (turned.stepSize < memory.stepSize) halved++;
        memories[row] = turned;
      }
      state = next;
    }
    expect(halved).toBeGreaterThan(sampleIds.length);
  });

  test('many steps in one run are the same bytes as one at a time', async () => {
    const { stepper } = await stepperOf('apgd', { steps: 12 }, budget);
    const start = await stepper.start();
    let state = start;
    for (let step = 0; step < 12; step++) state = await stepper.steps(state, step, 1);
    expect(await stepper.steps(await stepper.steps(start, 0, 5), 5, 7)).toEqual(state);
  });
});

/** The reference goes on from the float32 state, so that roundings do not add up over a hundred steps. */
function rounded(memory: ApgdMemory, state: StepState, row: number): ApgdMemory {
  return {
    ...memory,
    x: imageAt(state, 'attack.images', row),
    previous: imageAt(state, 'attack.previous', row),
    best: imageAt(state, 'attack.best', row),
    bestGradient: imageAt(state, 'attack.bestGradient', row),
  };
}

function expectSame(state: StepState, row: number, memory: ApgdMemory): void {
  expectClose(imageAt(state, 'attack.images', row), memory.x);
  expectClose(imageAt(state, 'attack.previous', row), memory.previous);
  expectClose(imageAt(state, 'attack.best', row), memory.best);
  expectClose(imageAt(state, 'attack.bestGradient', row), memory.bestGradient);
  expect(numberAt(state, 'attack.bestLoss', row)).toBeCloseTo(memory.bestLoss, digits);
  expect(numberAt(state, 'attack.stepSize', row)).toBeCloseTo(memory.stepSize, digits);
}
