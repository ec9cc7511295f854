import { constant, createGraph, gemm, input, reshape } from '@parallax/graph';
import type { TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, int64, normal, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../budget.ts';
import { runNear } from '../near/run.ts';
import type { GivenOptions } from '../options.ts';
import { decidedSamples } from '../testing/decided-samples.ts';
import { crossEntropyAt, marginAt, type Vector } from '../testing/reference.ts';
import {
  type CwMemory,
  cwImage,
  cwStart,
  cwTurn,
  ddnTurn,
  fmnTurn,
  type Seen,
} from '../testing/reference-minimum-norm.ts';
import { placeToy } from '../testing/run-toy.ts';
import { imageAt, numberAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyImages, toyPixels } from '../testing/toy-encoder.ts';
import { imagesOf } from './cw-procedure.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const classes = 10;
const { weights, classOf, sampleIds, clean, labels } = decidedSamples(classes, 6);
const tolerance = 1e-5;

function cleanOf(row: number): Vector {
  return clean[row] ?? [];
}

function seenAt(x: Vector, row: number, objective: 'margin' | 'crossEntropy'): Seen {
  const label = labels[row] ?? 0;
  const margin = marginAt(weights, x, label);
  // Where no unit is active all logits are equal: that is the first class, but no margin.
  if (objective === 'margin') return { ...margin, broken: margin.loss > 0 };
  return { ...crossEntropyAt(weights, x, label), broken: classOf(x) !== label };
}

function expectClose(found: Vector, wanted: Vector, within = tolerance): void {
  const worst = Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(within);
}

/** Runs an attack step by step and shows each to `check`, but the last, which comes home. */
async function follow(
  setting: { readonly attack: string; readonly options: GivenOptions; readonly budget: Budget; readonly steps: number },
  check: (row: number, step: number, before: StepState, after: StepState) => void,
): Promise<StepState> {
  const { stepper } = await stepToy(engine, { ...setting, sampleIds, labels, classes });
  let state = await stepper.start();
  for (let step = 0; step < setting.steps; step++) {
    const next = await stepper.steps(state, step, 1);
    if (step < setting.steps - 1) for (const row of sampleIds.keys()) check(row, step, state, next);
    state = next;
  }
  return state;
}

/** How many of the samples have ever been broken. */
function foundCount(state: StepState): number {
  return sampleIds.filter((_, row) => numberAt(state, 'attack.distance', row) < 100).length;
}

test('DDN makes the turns of the reference', async () => {
  const steps = 30;
  const budget: Budget = { norm: 'l2', epsilon: 5 };
  let shrunk = 0;
  const last = await follow({ attack: 'ddn', options: { steps }, budget, steps }, (row, step, before, after) => {
    const x = imageAt(before, 'attack.images', row);
    const radius = numberAt(before, 'attack.radius', row);
    const turned = ddnTurn({ x, radius }, seenAt(x, row, 'crossEntropy'), cleanOf(row), step, steps);
    expectClose(imageAt(after, 'attack.images', row), turned.x);
    expect(numberAt(after, 'attack.radius', row)).toBeCloseTo(turned.radius, 5);
    if (turned.radius < radius) shrunk++;
  });
  expect(shrunk).toBeGreaterThan(sampleIds.length);
  expect(foundCount(last)).toBe(sampleIds.length);
});

describe.each(['l2', 'linf'] as const)('%s', (norm) => {
  test('FMN makes the turns of the reference', async () => {
    const steps = 30;
    const budget: Budget = { norm, epsilon: norm === 'l2' ? 5 : 0.5 };
    const distances = sampleIds.map(() => Number.POSITIVE_INFINITY);
    const turns = { reaching: 0, shrinking: 0, growing: 0 };
    await follow({ attack: 'fmn', options: { steps }, budget, steps }, (row, step, before, after) => {
      const x = imageAt(before, 'attack.images', row);
      const memory = { x, radius: numberAt(before, 'attack.radius', row), distance: distances[row] ?? 0 };
      // The distance to the boundary is that of the float32 margin, which is a small difference of larger numbers.
      const loss = numberAt(after, 'track.loss', row);
      const seen = { ...seenAt(x, row, 'margin'), loss, broken: loss > 0 };
      const turned = fmnTurn(memory, seen, cleanOf(row), { step, steps, norm });
      expectClose(imageAt(after, 'attack.images', row), turned.x);
      expect(numberAt(after, 'attack.radius', row)).toBeCloseTo(turned.radius, 4);
      if (turned.distance < 100) expect(numberAt(after, 'attack.distance', row)).toBeCloseTo(turned.distance, 5);
      turns[turned.distance > 100 ? 'reaching' : seen.broken ? 'shrinking' : 'growing']++;
      distances[row] = turned.distance;
    });
    for (const count of Object.values(turns)) expect(count).toBeGreaterThan(0);
  });
});

test.each(['l2', 'linf', 'l1'] as const)('FMN crosses the boundary of a linear model, %s', async (norm) => {
  const weight = normal({ seed: 4, purpose: 'linear' }, classes * toyPixels);
  const linear: TracedEncoder = {
    encode: (images) => reshape(images, [-1, toyPixels]),
    classify: (features) => gemm(features, constant(float32([classes, toyPixels], weight)), { transB: true }),
  };
  const ids = Array.from({ length: 20 }, (_, id) => id);
  // Far from the ends of the box, which would be in the way.
  const images = toyImages(ids);
  images.data.forEach((pixel, at) => {
    images.data[at] = 0.3 + 0.4 * pixel;
  });
  const epsilon = { l2: 5, linf: 0.5, l1: 60 }[norm];
  const setting = { attack: 'fmn', encoder: linear, selection: 'distance', budget: { norm, epsilon } } as const;
  const near = await placeToy(engine, { ...setting, options: { steps: 100 } });
  const { prediction } = await near.evaluate.run({
    images,
    labels: int64(
      [ids.length],
      ids.map(() => 0),
    ),
  });
  const own = prediction === undefined ? [] : toNumbers(prediction);
  const { outcomes } = await runNear(near, { images, sampleIds: ids, labels: own }, { seed: 1 });
  await near.close();
  expect(outcomes.filter(({ brokenBy }) => brokenBy === '')).toEqual([]);
});

test.each([false, true])(
  'C&W makes the steps of the reference, and searches the weight (abort early: %s)',
  async (abortEarly) => {
    const [searchSteps, steps, stepSize] = [5, abortEarly ? 40 : 12, 0.05];
    const options = { searchSteps, steps, stepSize, initialWeight: 0.1, abortEarly };
    const memories = sampleIds.map((_, row) => cwStart(cleanOf(row), 0.1));
    const turns = { halving: 0, aborting: 0, done: 0 };
    const setting = { attack: 'cw', options, budget: { norm: 'l2', epsilon: 5 }, steps: searchSteps * steps } as const;
    const last = await follow(setting, (row, _step, before, after) => {
      const memory = roundedTo(before, row, memories[row] as CwMemory);
      if (abortEarly) expect(numberAt(before, 'track.done', row)).toBe(memory.tried === searchSteps ? 1 : 0);
      if (memory.tried === searchSteps) {
        turns.done++;
        expect(imageAt(after, 'attack.images', row)).toEqual(imageAt(before, 'attack.images', row));
        return;
      }
      const seen = seenAt(imageAt(before, 'attack.images', row), row, 'margin');
      const turned = cwTurn(memory, seen, cleanOf(row), { steps, stepSize, abortEarly });
      if (turned.tried < searchSteps) {
        expectClose(imageAt(after, 'attack.images', row), cwImage(turned.w), 5 * tolerance);
      }
      expectClose(imageAt(after, 'attack.mean', row), turned.m);
      expectClose(imageAt(after, 'attack.square', row), turned.v);
      expect(numberAt(after, 'attack.weight', row)).toBeCloseTo(turned.c, 5);
      expect(numberAt(after, 'attack.low', row)).toBeCloseTo(turned.lower, 5);
      expect(numberAt(after, 'attack.worked', row)).toBe(turned.worked ? 1 : 0);
      if (turned.upper < memory.upper) turns.halving++;
      if (turned.tried > memory.tried && memory.made < steps - 1) turns.aborting++;
      memories[row] = turned;
    });
    expect(turns.halving).toBeGreaterThan(0);
    expect([turns.aborting > 0, turns.done > 0]).toEqual([abortEarly, abortEarly]);
    expect(foundCount(last)).toBe(sampleIds.length);
  },
);

/** The reference goes on from the float32 state, so that roundings do not add up. */
function roundedTo(state: StepState, row: number, memory: CwMemory): CwMemory {
  return {
    ...memory,
    w: imageAt(state, 'attack.variable', row),
    m: imageAt(state, 'attack.mean', row),
    v: imageAt(state, 'attack.square', row),
  };
}

test.each(['cw', 'fmn'])('%s refuses an objective whose sign does not say what breaks a sample', async (attack) => {
  const placed = placeToy(engine, { attack, budget: { norm: 'l2', epsilon: 1 }, objective: { kind: 'crossEntropy' } });
  await expect(placed).rejects.toThrow(`objective: expected one of margin, as ${attack} follows no other`);
});

test('C&W stays in the box where the hyperbolic tangent rounds beyond 1', async () => {
  const variable = input('variable', ['N']);
  const executable = await engine.compile(createGraph([variable], { images: imagesOf(variable) }));
  // Every float32 from 8 to 9: onnxruntime's tangent of some of them is 1 + 2^-22.
  const values = Float32Array.from({ length: 2 ** 20 }, (_, at) => 8 + at * 2 ** -20);
  const { images } = await executable.run({ variable: float32([values.length], values) });
  await executable.close();
  expect(toNumbers(images as Tensor).filter((value) => value > 1)).toEqual([]);
});
