import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBall } from '../budget.ts';
import { crossEntropyAt, type Vector } from '../testing/reference.ts';
import { type ApgdL1Memory, apgdL1Enter, apgdL1Turn, nearestInL1 } from '../testing/reference-l1.ts';
import { imageAt, numberAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyDims, toyImages, toyPixels, toyWeights } from '../testing/toy-encoder.ts';
import { apgd } from './apgd.ts';
import { apgdL1Schedule } from './apgd-l1-schedule.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [0, 1, 2, 3];
const labels = [3, 1, 4, 1];
const classes = 10;
const clean = toyImages(sampleIds);
const weights = toyWeights(classes);
const budget = { norm: 'l1', epsilon: 3 } as const;
const steps = 50;

function expectClose(found: Vector, wanted: Vector): void {
  const worst = Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(1e-5);
}

/** The reference goes on from the float32 state, so that roundings do not add up. */
function rounded(memory: ApgdL1Memory, state: StepState, row: number): ApgdL1Memory {
  return {
    ...memory,
    x: imageAt(state, 'attack.images', row),
    best: imageAt(state, 'attack.best', row),
    bestGradient: imageAt(state, 'attack.bestGradient', row),
  };
}

/** Steps of each phase, and the multiple of the radius it has. */
const phasesOf = {
  true: [
    { radius: 3, steps: 15 },
    { radius: 2, steps: 15 },
    { radius: 1, steps: 20 },
  ],
  false: [{ radius: 1, steps: 50 }],
};

test.each([true, false])('Auto-PGD in L1 makes the turns of the reference, wide start %s', async (wideStart) => {
  const setting = { attack: 'apgd', options: { steps, wideStart }, budget, sampleIds, labels, classes };
  const { stepper, bound } = await stepToy(engine, setting);
  const phases = phasesOf[`${wideStart}`].map(({ radius, ...rest }) => ({
    ...rest,
    radius: radius * bound.ball.radius,
  }));
  let state = await stepper.start();
  const memories = sampleIds.map((_, row): ApgdL1Memory => {
    const entered = apgdL1Enter(
      imageAt(state, 'attack.images', row),
      imageAt({ clean }, 'clean', row),
      phases[0] ?? { radius: 0 },
    );
    return wideStart ? entered : { ...entered, sparsity: toyPixels, count: toyPixels - Math.floor(0.8 * toyPixels) };
  });
  let step = 0;
  let restarted = 0;
  for (const [index, phase] of phases.entries()) {
    const following = phases[index + 1];
    for (let look = 0; look < phase.steps + (following === undefined ? 0 : 1); look++, step++) {
      const next = await stepper.steps(state, step, 1);
      for (const row of sampleIds) {
        const middle = imageAt({ clean }, 'clean', row);
        const memory = rounded(memories[row] as ApgdL1Memory, state, row);
        const seen = crossEntropyAt(weights, memory.x, labels[row] ?? 0);
        const loss = numberAt(next, 'track.loss', row);
        expect(loss).toBeCloseTo(seen.loss, 5);
        const turned = apgdL1Turn(memory, { ...seen, loss }, middle, phase);
        if (turned.stepSize > memory.stepSize) restarted++;
        const enters = following !== undefined && look === phase.steps;
        // What the float32 state has changed counts, not what the reference leaves within its own rounding.
        memories[row] = enters
          ? { ...apgdL1Enter(nearestInL1(turned.best, middle, following.radius), middle, following) }
          : turned;
        const wanted = memories[row] as ApgdL1Memory;
        expectClose(imageAt(next, 'attack.images', row), wanted.x);
        expectClose(imageAt(next, 'attack.best', row), wanted.best);
        expect(numberAt(next, 'attack.stepSize', row)).toBeCloseTo(wanted.stepSize, 5);
        expect(numberAt(next, 'attack.count', row)).toBe(wanted.count);
      }
      state = next;
    }
  }
  expect(restarted).toBeGreaterThan(0);
});

test('has phases that share the steps', () => {
  const { steps: looks, radius, isCheckpoint } = apgdL1Schedule(100, true);
  expect([looks, radius.length, isCheckpoint.length]).toEqual([102, 102, 102]);
  expect([radius[29], radius[30], radius[60], radius[61], radius[101]]).toEqual([3, 2, 2, 1, 1]);
  const checkpoints = apgdL1Schedule(100, false).isCheckpoint.flatMap((flag, step) => (flag === 1 ? [step] : []));
  expect(checkpoints.slice(0, 3)).toEqual([4, 8, 12]);
});

test('refuses a wide start where it has no use, or no room', () => {
  const ball = createBall(budget, toyDims);
  expect(apgd.bind({ steps: 4 }, ball).options).toEqual({ steps: 4, restarts: 1, wideStart: false });
  expect(() => apgd.bind({ steps: 4, wideStart: true }, ball)).toThrow(
    'options.wideStart: expected false with fewer than 5',
  );
  const other = createBall({ norm: 'linf', epsilon: 0.1 }, toyDims);
  expect(() => apgd.bind({ wideStart: false }, other)).toThrow(
    'options.wideStart: expected none, as it is for L1 alone',
  );
});
