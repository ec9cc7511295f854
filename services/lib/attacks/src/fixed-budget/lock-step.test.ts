import { createObjective, fillDraws } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { int64, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Budget, createBall } from '../budget.ts';
import { compileNear, type NearExecutable } from '../near/compile.ts';
import { placeNear } from '../near/place.ts';
import type { GivenOptions } from '../options.ts';
import { findAttack } from '../registry.ts';
import {
  type ApgdMemory,
  apgdStart,
  apgdTurn,
  crossEntropyAt,
  pgdStep,
  type ReferenceBall,
  type Vector,
} from '../testing/reference.ts';
import { toyDims, toyImages, toyPerceptron, toyPixels, toyWeights } from '../testing/toy-encoder.ts';

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

type State = Readonly<Record<string, Tensor>>;

/** Runs the graphs of an attack one step at a time. */
class Stepper {
  readonly #near: NearExecutable;

  constructor(near: NearExecutable) {
    this.#near = near;
  }

  start(): Promise<State> {
    return this.#run('start', { ...fillDraws(this.#near.program.start.draws, { seed: 1, sampleIds }) });
  }

  steps(state: State, first: number, count: number): Promise<State> {
    const fed = Object.fromEntries(Object.entries(state).map(([name, tensor]) => [`state.${name}`, tensor]));
    return this.#run('step', { first: int64([], [first]), count: int64([], [count]), ...fed });
  }

  async #run(stage: 'start' | 'step', offered: State): Promise<State> {
    const executable = this.#near[stage];
    const all: State = { ...offered, clean, labels: int64([labels.length], labels) };
    const feeds = Object.fromEntries(executable.inputs.map((name) => [name, all[name] as Tensor]));
    const next = Object.entries(await executable.run(feeds));
    return Object.fromEntries(next.map(([name, tensor]) => [name.replace('next.', ''), tensor]));
  }
}

async function stepperOf(attack: string, options: GivenOptions, budget: Budget) {
  const ball = createBall(budget, toyDims);
  const bound = findAttack(attack).bind(options, ball);
  const program = placeNear(bound, createObjective({ kind: 'crossEntropy' }), toyPerceptron(classes), {
    selection: 'transfer',
  });
  const reference: ReferenceBall = { norm: budget.norm, radius: ball.radius, epsilon: ball.epsilon };
  return { stepper: new Stepper(await compileNear(program, engine)), reference, bound };
}

function images(state: State, name: string, row: number): Vector {
  return toNumbers(state[name] as Tensor).slice(row * toyPixels, (row + 1) * toyPixels);
}

function number(state: State, name: string, row: number): number {
  return toNumbers(state[name] as Tensor)[row] ?? Number.NaN;
}

function cleanOf(row: number): Vector {
  return images({ clean }, 'clean', row);
}

function expectClose(found: Vector, wanted: Vector): void {
  const worst = Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(10 ** -digits);
}

describe.each(budgets)('$norm', (budget) => {
  test('PGD makes the steps of the reference', async () => {
    const { stepper, reference, bound } = await stepperOf('pgd', { steps: 8 }, budget);
    let state = await stepper.start();
    for (let step = 0; step < 8; step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const x = images(state, 'attack.images', row);
        const { loss, gradient } = crossEntropyAt(weights, x, labels[row] ?? 0);
        expect(number(next, 'track.loss', row)).toBeCloseTo(loss, digits);
        const wanted = pgdStep(x, cleanOf(row), gradient, Number(bound.options['stepSize']), reference);
        expectClose(images(next, 'attack.images', row), wanted);
      }
      state = next;
    }
  });

  test('Auto-PGD makes the turns of the reference, state by state', async () => {
    const steps = 100;
    const { stepper, reference } = await stepperOf('apgd', { steps }, budget);
    let state = await stepper.start();
    const memories = sampleIds.map((_, row) => apgdStart(images(state, 'attack.images', row), steps, reference));
    let halved = 0;
    for (let step = 0; step < steps; step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const memory = rounded(memories[row] as ApgdMemory, state, row);
        const seen = crossEntropyAt(weights, memory.x, labels[row] ?? 0);
        const loss = number(next, 'track.loss', row);
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
function rounded(memory: ApgdMemory, state: State, row: number): ApgdMemory {
  return {
    ...memory,
    x: images(state, 'attack.images', row),
    previous: images(state, 'attack.previous', row),
    best: images(state, 'attack.best', row),
    bestGradient: images(state, 'attack.bestGradient', row),
  };
}

function expectSame(state: State, row: number, memory: ApgdMemory): void {
  expectClose(images(state, 'attack.images', row), memory.x);
  expectClose(images(state, 'attack.previous', row), memory.previous);
  expectClose(images(state, 'attack.best', row), memory.best);
  expectClose(images(state, 'attack.bestGradient', row), memory.bestGradient);
  expect(number(state, 'attack.bestLoss', row)).toBeCloseTo(memory.bestLoss, digits);
  expect(number(state, 'attack.stepSize', row)).toBeCloseTo(memory.stepSize, digits);
}
