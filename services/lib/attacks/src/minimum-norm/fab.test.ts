import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../budget.ts';
import { perceptronAt, type Vector } from '../testing/reference.ts';
import { difference, type FabMemory, fabTurn, type SeenByFab, sizeOf } from '../testing/reference-boundary.ts';
import { imageAt, numberAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyImages, toyWeights } from '../testing/toy-encoder.ts';

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

describe.each(budgets)('$norm', (budget) => {
  test('targeted FAB makes the iterations of the reference, state by state, and ends inside the ball', async () => {
    const steps = 12;
    const setting = { attack: 'fab-t', options: { steps }, budget, sampleIds, labels, targets, classes };
    const { stepper } = await stepToy(engine, setting);
    let state = await stepper.start();
    const memories = clean.map((x): FabMemory => ({ x, nearest: x, distance: Number.POSITIVE_INFINITY }));
    let broken = 0;
    for (let step = 0; step < steps; step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const memory = rounded(memories[row] as FabMemory, state, row);
        const seen = seenAt(memory.x, row);
        expect(numberAt(next, 'track.loss', row)).toBeCloseTo(seen.loss, digits);
        const turned = fabTurn(memory, seen, clean[row] ?? [], budget.norm);
        expectClose(imageAt(next, 'attack.nearest', row), turned.nearest);
        expect(Math.min(numberAt(next, 'attack.distance', row), 1e6)).toBeCloseTo(
          Math.min(turned.distance, 1e6),
          digits,
        );
        if (step < steps - 1) expectClose(imageAt(next, 'attack.images', row), turned.x);
        else expectEnding(imageAt(next, 'attack.images', row), turned, row, budget);
        if (seen.broken) broken++;
        memories[row] = turned;
      }
      state = next;
    }
    expect(broken).toBeGreaterThan(sampleIds.length);
    expect(broken).toBeLessThan(sampleIds.length * (steps - 1));
  });
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
