import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crossEntropyAt, direction, project } from '../testing/reference.ts';
import { imageAt, stepToy } from '../testing/step-toy.ts';
import { toyImages, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [0, 1, 2];
const labels = [3, 1, 4];
const weights = toyWeights(10);
const clean = toyImages(sampleIds);
const decay = 0.9;
const steps = 6;

test.each([
  { norm: 'linf', epsilon: 8 / 255 },
  { norm: 'l2', epsilon: 0.5 },
] as const)('MI-FGSM makes the steps of Algorithm 1 of Dong et al. in $norm', async (budget) => {
  const setting = { attack: 'mi-fgsm', options: { steps, decay }, budget, sampleIds, labels, classes: 10 };
  const { stepper, bound } = await stepToy(engine, setting);
  const ball = { norm: budget.norm, radius: bound.ball.radius, epsilon: bound.ball.epsilon };
  let state = await stepper.start();
  for (let step = 0; step < steps; step++) {
    const next = await stepper.steps(state, step, 1);
    for (const row of sampleIds) {
      const x = imageAt(state, 'attack.images', row);
      const before = imageAt(state, 'attack.momentum', row);
      const { gradient } = crossEntropyAt(weights, x, labels[row] ?? 0);
      // The perceptron has images around which it is constant: nothing is added to the momentum there.
      const sum = gradient.reduce((total, value) => total + Math.abs(value), 0);
      const momentum = gradient.map((value, pixel) => decay * (before[pixel] ?? 0) + (sum === 0 ? 0 : value / sum));
      const along = direction(momentum, budget.norm);
      const moved = x.map((value, pixel) => value + (budget.epsilon / steps) * (along[pixel] ?? 0));
      const wanted = project(moved, imageAt({ clean }, 'clean', row), ball);
      const found = imageAt(next, 'attack.images', row);
      expect(Math.max(...found.map((value, pixel) => Math.abs(value - (wanted[pixel] ?? 0))))).toBeLessThan(1e-5);
      const sums = imageAt(next, 'attack.momentum', row);
      expect(Math.max(...sums.map((value, pixel) => Math.abs(value - (momentum[pixel] ?? 0))))).toBeLessThan(1e-5);
    }
    state = next;
  }
});
