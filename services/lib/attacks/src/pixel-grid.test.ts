import { createObjective } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { sliceBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Budget, createBall } from './budget.ts';
import { compileNear } from './near/compile.ts';
import { placeNear } from './near/place.ts';
import { runNear } from './near/run.ts';
import { onPixelGrid } from './pixel-grid.ts';
import { findAttack } from './registry.ts';
import { toyPredictions } from './testing/run-toy.ts';
import { toyConvolution, toyDims, toyImages } from './testing/toy-encoder.ts';
import { isOverBudget, measure } from './verify/measure.ts';
import { roundToUint8 } from './verify/round-to-uint8.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = Array.from({ length: 12 }, (_, index) => 100 + 3 * index);
const stored = roundToUint8(toyImages(sampleIds));

async function attack(name: string, budget: Budget, images: Tensor<'float32'> = stored) {
  const definition = findAttack(name);
  const bound = onPixelGrid(definition.bind({}, createBall(budget, toyDims)), 'uint8');
  const encoder = toyConvolution(10);
  const program = placeNear(bound, createObjective(definition.objective), encoder, { selection: 'verdict' });
  const near = await compileNear(program, engine);
  try {
    return await runNear(near, { images, sampleIds, labels: await toyPredictions(engine, sampleIds) }, { seed: 7 });
  } finally {
    await near.close();
  }
}

const settings: readonly (Budget & { readonly attack: string })[] = [
  { attack: 'fgsm', norm: 'linf', epsilon: 8 / 255 },
  { attack: 'pgd', norm: 'linf', epsilon: 8 / 255 },
  { attack: 'apgd-ce', norm: 'linf', epsilon: 10.5 / 255 },
  { attack: 'pgd', norm: 'l2', epsilon: 0.5 },
  { attack: 'apgd-ce', norm: 'l1', epsilon: 3 },
  { attack: 'deepfool', norm: 'l2', epsilon: 0.5 },
];

describe.each(settings)('$attack in $norm $epsilon on the uint8 grid', ({ attack: name, ...budget }) => {
  test('returns images that eight bits store without a change, within the ball', async () => {
    const { images, outcomes } = await attack(name, budget);
    expect(roundToUint8(images).data).toEqual(images.data);
    sampleIds.forEach((_, row) => {
      const size = measure(sliceBatch(stored, row, row + 1).data, sliceBatch(images, row, row + 1).data);
      expect(isOverBudget(size, budget)).toBe(false);
    });
    expect(outcomes.some(({ brokenBy }) => brokenBy === name)).toBe(true);
  });
});

test('refuses clean images between the grid points, and a ball without a second one', async () => {
  const budget: Budget = { norm: 'linf', epsilon: 8 / 255 };
  await expect(attack('pgd', budget, toyImages(sampleIds))).rejects.toThrow(
    'images: expected multiples of 1/255, as the pixel grid is uint8, got ',
  );
  await expect(attack('pgd', { norm: 'linf', epsilon: 0.9 / 255 })).rejects.toThrow(
    'budget.epsilon: expected at least 1/255, the distance of two images on the uint8 grid',
  );
});
