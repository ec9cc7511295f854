import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBall } from '../budget.ts';
import { findAttack } from '../registry.ts';
import { marginAt, type Vector } from '../testing/reference.ts';
import { difference, sizeOf } from '../testing/reference-boundary.ts';
import { type Ask, hopSkipJump, noiseOf } from '../testing/reference-decision.ts';
import { imageAt, numberAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyDims, toyImages, toyWeights } from '../testing/toy-encoder.ts';
import { halvingsOf, probesByRound } from './hop-skip-jump-schedule.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const classes = 5;
const weights = toyWeights(classes);
/** Judged right, by margins that float32 tells from 0; the noise that the first starts from does not break it. */
const sampleIds = [13, 7, 34, 48];
const labels = [0, 3, 4, 3];
const clean = toyImages(sampleIds);
const cleanOf = (row: number): Vector => imageAt({ clean }, 'clean', row);
const settings = { queries: 160, gamma: 1 };

/** Balls that hold every image. */
const budgets = [
  { norm: 'l2', epsilon: 12 },
  { norm: 'linf', epsilon: 1 },
] as const;

/**
 * In L2 so few that all are often judged alike. In Linf more: few would all be clipped at the border in the same way, and
 * rounding decide on a sign.
 */
const probes = { l2: { firstProbes: 3, mostProbes: 5 }, linf: { firstProbes: 6, mostProbes: 9 } };

const setting = { attack: 'hopskipjump', sampleIds, labels, classes };

function expectClose(found: Vector, wanted: Vector): void {
  expect(Math.max(...difference(found, wanted).map(Math.abs))).toBeLessThan(2e-5);
}

test.each(budgets)('HopSkipJump looks where the reference looks in $norm', async (budget) => {
  const { norm } = budget;
  const options = { ...settings, ...probes[norm] };
  const { stepper } = await stepToy(engine, { ...setting, options, budget });
  let state: StepState = await stepper.start();
  const walks = sampleIds.map((_, row) => {
    const start = noiseOf(stepper.drawnAtStart(row), norm);
    const walk = hopSkipJump(cleanOf(row), start, { ...options, norm });
    const asks: Ask[] = [walk.next().value];
    return { walk, asks, nearest: cleanOf(row), distance: Number.POSITIVE_INFINITY };
  });
  for (let step = 0; step < settings.queries; step++) {
    const next = await stepper.steps(state, step, 1);
    for (const [row, known] of walks.entries()) {
      const image = imageAt(state, 'attack.look', row);
      expectClose(image, known.asks.at(-1)?.image ?? []);
      // Next to the boundary the verdict of float32 decides.
      const loss = numberAt(next, 'track.loss', row);
      expect(loss).toBeCloseTo(marginAt(weights, image, labels[row] ?? 0).loss, 4);
      // Where the perceptron is dead all logits are 0, and the first class is seen.
      const reached = loss > 0 || (loss === 0 && labels[row] !== 0);
      const distance = sizeOf(difference(image, cleanOf(row)), norm);
      if (reached && distance < known.distance) Object.assign(known, { nearest: image, distance });
      known.asks.push(known.walk.next({ image, reached, drawn: stepper.drawnAt(step, row) }).value);
    }
    state = next;
  }
  for (const [row, { asks, nearest }] of walks.entries()) {
    const purposes = asks.map(({ purpose }) => purpose);
    expect(purposes.filter((purpose) => purpose === 'seek').length).toBeGreaterThan(row === 0 ? 1 : 0);
    const landings = purposes.filter((purpose, at) => purpose === 'search' && purposes[at - 1] === 'leap');
    expect(landings.length).toBeGreaterThan(2);
    expectClose(imageAt(state, 'attack.look', row), nearest);
  }
});

test('samples that no noise has broken are left as they are', async () => {
  const { stepper } = await stepToy(engine, { ...setting, options: { ...settings, queries: 1 }, budget: budgets[0] });
  const state = await stepper.steps(await stepper.start(), 0, 1);
  expect(imageAt(state, 'attack.look', 0)).toEqual(cleanOf(0));
  expect(imageAt(state, 'attack.look', 1)).not.toEqual(cleanOf(1));
});

test('searches as finely as the paper, and float32, go; probes grow as the root of the round', () => {
  const [l2, linf] = budgets.map((budget) => createBall(budget, [3, 32, 32]));
  const large = createBall({ norm: 'l2', epsilon: 1 }, [3, 224, 224]);
  if (l2 === undefined || linf === undefined) throw new Error('expected balls');
  expect([halvingsOf(1, l2), halvingsOf(1, linf), halvingsOf(1, large), halvingsOf(1e9, l2)]).toEqual([18, 24, 24, 1]);
  const given = { queries: 700, firstProbes: 100, mostProbes: 180, gamma: 1 };
  expect(probesByRound(given, l2)).toEqual([100, 141, 173, 180, 180]);
});

test('fewer probes at most than at first are refused', () => {
  const ball = createBall(budgets[0], toyDims);
  const bind = () => findAttack('hopskipjump').bind({ firstProbes: 10, mostProbes: 5 }, ball);
  expect(bind).toThrow('options.mostProbes: expected firstProbes (10) or more, got 5');
});
