import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../budget.ts';
import { predictCost } from '../near/predict-cost.ts';
import { perceptronAt, type Vector } from '../testing/reference.ts';
import {
  difference,
  type FabMemory,
  fabTurn,
  nearestSeen,
  type SeenByFab,
  sizeOf,
} from '../testing/reference-boundary.ts';
import { placeToy } from '../testing/run-toy.ts';
import { imageAt, numberAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyConvolution, toyImages, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const classes = 5;
const sampleIds = [0, 1, 2, 3, 4, 5];
const weights = toyWeights(classes);
const clean = sampleIds.map((_, row) => imageAt({ clean: toyImages(sampleIds) }, 'clean', row));
const labels = clean.map(classOf);
const targets = labels.map((label, row) => (label + 1 + (row % (classes - 1))) % classes);
const digits = 5;

function classOf(x: Vector): number {
  const { logits } = perceptronAt(weights, x);
  return logits.indexOf(Math.max(...logits));
}

/** z_target − z_label. */
function seenAt(x: Vector, row: number, target = targets[row] ?? 0): SeenByFab {
  const { logits, gradientOf } = perceptronAt(weights, x);
  const label = labels[row] ?? 0;
  const seed = logits.map((_, k) => (k === target ? 1 : 0) - (k === label ? 1 : 0));
  const loss = (logits[target] ?? 0) - (logits[label] ?? 0);
  return { loss, gradient: gradientOf(seed), broken: classOf(x) !== label };
}

function expectClose(found: Vector, wanted: Vector): void {
  const worst = Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(10 ** -digits);
}

/** The reference goes on from the float32 state, so that roundings do not add up. */
function rounded(memory: FabMemory, state: StepState, row: number): FabMemory {
  return {
    x: imageAt(state, 'attack.images', row),
    nearest: imageAt(state, 'attack.nearest', row),
    distance: memory.distance,
  };
}

const budgets: readonly Budget[] = [
  { norm: 'linf', epsilon: 2 / 255 },
  { norm: 'l2', epsilon: 0.05 },
  { norm: 'l1', epsilon: 0.2 },
];

/** A turn of the reference from the state before looks to that after. Returns what it remembers. */
function expectTurn(
  [before, after]: readonly [StepState, StepState],
  row: number,
  { memory, seen, budget, isLast }: { memory: FabMemory; seen: SeenByFab; budget: Budget; isLast: boolean },
): FabMemory {
  const turned = fabTurn(rounded(memory, before, row), seen, clean[row] ?? [], budget.norm);
  expectClose(imageAt(after, 'attack.nearest', row), turned.nearest);
  expect(Math.min(numberAt(after, 'attack.distance', row), 1e6)).toBeCloseTo(Math.min(turned.distance, 1e6), digits);
  if (isLast) expectEnding(imageAt(after, 'attack.images', row), turned, row, budget);
  else expectClose(imageAt(after, 'attack.images', row), turned.x);
  return turned;
}

function startMemories(): FabMemory[] {
  return clean.map((x) => ({ x, nearest: x, distance: Number.POSITIVE_INFINITY }));
}

describe.each(budgets)('$norm', (budget) => {
  test('targeted FAB makes the iterations of the reference, state by state, and ends inside the ball', async () => {
    const steps = 12;
    const setting = { attack: 'fab-t', options: { steps }, budget, sampleIds, labels, targets, classes };
    const { stepper } = await stepToy(engine, setting);
    let state = await stepper.start();
    const memories = startMemories();
    let broken = 0;
    for (let step = 0; step < steps; step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const seen = seenAt(imageAt(state, 'attack.images', row), row);
        expect(numberAt(next, 'track.loss', row)).toBeCloseTo(seen.loss, digits);
        const turn = { memory: memories[row] as FabMemory, seen, budget, isLast: step === steps - 1 };
        memories[row] = expectTurn([state, next], row, turn);
        if (seen.broken) broken++;
      }
      state = next;
    }
    expect(broken).toBeGreaterThan(sampleIds.length);
    expect(broken).toBeLessThan(sampleIds.length * (steps - 1));
  });

  test.each([2, classes - 1])('FAB steps to the nearest of %i boundaries', async (considered) => {
    const moves = 8;
    const options = { steps: moves, classes: considered };
    const rivals = labels.map((label) =>
      Array.from({ length: considered }, (_, index) => (label + classes - 1 - index) % classes),
    );
    const { stepper } = await stepToy(engine, { attack: 'fab', options, budget, sampleIds, labels, rivals, classes });
    let state = await stepper.start();
    const memories = startMemories();
    const chosen = sampleIds.map(() => new Set<number>());
    for (let move = 0; move < moves; move++) {
      const next = await stepper.steps(state, move * considered, considered);
      for (const row of sampleIds) {
        const x = imageAt(state, 'attack.images', row);
        const all = (rivals[row] ?? []).map((rival) => seenAt(x, row, rival));
        const seen = nearestSeen(all, { x }, clean[row] ?? [], budget.norm);
        chosen[row]?.add(all.indexOf(seen));
        const turn = { memory: memories[row] as FabMemory, seen, budget, isLast: move === moves - 1 };
        memories[row] = expectTurn([state, next], row, turn);
      }
      state = next;
    }
    expect(memories.filter(({ distance }) => Number.isFinite(distance)).length).toBeGreaterThan(0);
    expect(new Set(chosen.flatMap((each) => [...each])).size).toBeGreaterThan(1);
  });

  test.each(['fab', 'fab-t'])('%s starts at the clean image, and again at half of epsilon', async (attack) => {
    const rivals = labels.map((label) => [(label + 1) % classes]);
    const options = attack === 'fab' ? { restarts: 2, classes: 1 } : { restarts: 2 };
    const { stepper } = await stepToy(engine, { attack, options, budget, sampleIds, labels, targets, rivals, classes });
    const [first, second] = [await stepper.start(0), await stepper.start(1)];
    for (const row of sampleIds) {
      const [x, random] = [first, second].map((state) => imageAt(state, 'attack.images', row)) as [Vector, Vector];
      expect(x).toEqual(clean[row]);
      const away = sizeOf(difference(random, x), budget.norm);
      expect(away).toBeLessThan(0.5 * budget.epsilon * (1 + 1e-5));
      // What lies outside the box is lost: about half of the pixels that are black or white.
      expect(away).toBeGreaterThan(0.4 * budget.epsilon);
    }
  });
});

test.each([
  { known: 2, considered: 1000, looks: 1 },
  { known: 200, considered: 1000, looks: 199 },
  { known: 200, considered: 9, looks: 9 },
])('FAB over $considered of $known classes takes $looks gradients a step', async ({ known, considered, looks }) => {
  const options = { steps: 3, restarts: 2, classes: considered };
  const near = await placeToy(engine, { attack: 'fab', options, encoder: toyConvolution(known) });
  expect(predictCost(near.program, 5).backward).toBe(5 * 2 * 3 * looks);
  await near.close();
});

/** The nearest image that broke the sample, or else the last; where that is outside the ball, a point of its boundary. */
function expectEnding(
  found: Vector,
  { x, nearest, distance }: FabMemory,
  row: number,
  { norm, epsilon }: Budget,
): void {
  const away = sizeOf(difference(found, clean[row] ?? []), norm);
  if (distance <= epsilon) expectClose(found, nearest);
  else {
    const wanted = Number.isFinite(distance) ? nearest : x;
    expect(away).toBeLessThanOrEqual(epsilon);
    expect(away).toBeGreaterThan(0.999 * Math.min(epsilon, sizeOf(difference(wanted, clean[row] ?? []), norm)));
  }
}
