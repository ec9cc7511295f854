import { add, mul, reshape, type Value } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { gatherBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placeToy, type ToySetting, toyPredictions } from '../testing/run-toy.ts';
import { toyConvolution, toyImages, toyNoisy, toyPerceptron } from '../testing/toy-encoder.ts';
import type { NearBatch } from './batch.ts';
import { predictCost } from './predict-cost.ts';
import { type NearResult, type NearRunOptions, runNear } from './run.ts';

let engine: Engine;

let batch: NearBatch;

beforeAll(async () => {
  engine = createOnnxRuntimeEngine({ workers: 2 });
  batch = { images, sampleIds, labels: await toyPredictions(engine, sampleIds) };
});

afterAll(() => engine.close());

const sampleIds = Array.from({ length: 10 }, (_, index) => 5 * index);
const images = toyImages(sampleIds);
const noisy = toyNoisy(10, 0.1);

async function run(setting: ToySetting, given = batch, options: Partial<NearRunOptions> = {}): Promise<NearResult> {
  const near = await placeToy(engine, setting);
  try {
    return await runNear(near, given, { seed: 3, ...options });
  } finally {
    await near.close();
  }
}

test('a stochastic encoder is refused until told how many gradients to average', async () => {
  await expect(placeToy(engine, { attack: 'pgd', encoder: noisy })).rejects.toThrow(
    expect.objectContaining({ reason: 'DRAWS_REQUIRED' }),
  );
  await expect(placeToy(engine, { attack: 'pgd', encoder: noisy, gradientDraws: 0 })).rejects.toThrow(
    'gradientDraws: expected an integer from 1 to 1000, got 0',
  );
});

describe.each(['transfer', 'verdict'] as const)('on a stochastic encoder, %s', (selection) => {
  const setting: ToySetting = { attack: 'apgd', options: { steps: 6 }, encoder: noisy, gradientDraws: 3, selection };

  test('gives the same bytes in any batch and order', async () => {
    const whole = await run(setting);
    expect(await run(setting, batch, { batchSize: 3 })).toEqual(whole);
    const order = [7, 2, 9, 0, 5];
    const some = {
      images: gatherBatch(images, order),
      sampleIds: order.map((row) => sampleIds[row] ?? 0),
      labels: order.map((row) => batch.labels?.[row] ?? 0),
    };
    const part = await run(setting, some, { batchSize: 2 });
    expect(part.images).toEqual(gatherBatch(whole.images, order));
    expect(part.outcomes).toEqual(order.map((row) => whole.outcomes[row]));
  });

  test('costs no more than predicted', async () => {
    const near = await placeToy(engine, setting);
    const { outcomes } = await runNear(near, batch, { seed: 3, verdictDraws: 5 });
    const predicted = predictCost(near.program, sampleIds.length, { verdictDraws: 5 });
    const sum = (of: (outcome: (typeof outcomes)[number]) => number): number =>
      outcomes.reduce((total, outcome) => total + of(outcome), 0);
    expect(sum(({ forward }) => forward)).toBeLessThanOrEqual(predicted.forward);
    expect(sum(({ backward }) => backward)).toBeLessThanOrEqual(predicted.backward);
    if (selection === 'transfer') expect(sum(({ backward }) => backward)).toBe(sampleIds.length * 6 * 3);
    await near.close();
  });
});

test('draws of something that is not random are made once', async () => {
  const setting: ToySetting = { attack: 'pgd', options: { steps: 3 }, encoder: toyConvolution(10) };
  const once = await run(setting);
  const averaged = await run({ ...setting, gradientDraws: 2 });
  expect(averaged.images).toEqual(once.images);
  expect(averaged.outcomes[0]?.backward).toBe(3);
});

describe('acceptance draws of a search without gradients', () => {
  const queries = 6;
  const square: ToySetting = { attack: 'square', options: { queries }, encoder: noisy, selection: 'transfer' };

  test('are averaged in every look, and paid for', async () => {
    const [once, thrice] = [await run(square), await run({ ...square, acceptanceDraws: 3 })];
    for (const [row, { forward, backward }] of thrice.outcomes.entries()) {
      // The last look, which is averaged over nothing, is not among them.
      expect(forward - (once.outcomes[row]?.forward ?? 0)).toBe(2 * queries);
      expect(backward).toBe(0);
    }
    expect(thrice.images).not.toEqual(once.images);
    expect(await run({ ...square, acceptanceDraws: 3 }, batch, { batchSize: 3 })).toEqual(thrice);
  });

  test('must be few enough, and of use', async () => {
    await expect(run({ ...square, acceptanceDraws: 1001 })).rejects.toThrow(
      'acceptanceDraws: expected an integer from 1 to 1000, got 1001',
    );
    await expect(run({ attack: 'pgd', encoder: noisy, gradientDraws: 2, acceptanceDraws: 2 })).rejects.toThrow(
      'acceptanceDraws: expected 1, as pgd accepts no candidates, got 2',
    );
  });
});

test('every step, restart and draw has noise of its own', async () => {
  const setting: ToySetting = {
    attack: 'pgd',
    options: { steps: 1, randomStart: false, stepSize: 0.01 },
    encoder: noisy,
  };
  const [one, two] = [await run({ ...setting, gradientDraws: 1 }), await run({ ...setting, gradientDraws: 2 })];
  expect(two.images).not.toEqual(one.images);
  const longer = await run({ ...setting, options: { steps: 2, randomStart: false, stepSize: 0.01 }, gradientDraws: 1 });
  expect(longer.images).not.toEqual(one.images);
});

test('a verdict needs most of the fresh draws, not one unlucky look', async () => {
  // So noisy that single looks are wrong now and then even on clean images.
  const encoder = toyNoisy(10, 0.3);
  const setting: ToySetting = {
    attack: 'pgd',
    options: { steps: 10, stepSize: 1e-6 },
    budget: { norm: 'linf', epsilon: 1e-4 },
    encoder,
    gradientDraws: 1,
    selection: 'verdict',
  };
  const { outcomes } = await run(setting, batch, { verdictDraws: 25 });
  const attacked = outcomes.filter((outcome) => outcome.attacked);
  expect(attacked.length).toBeGreaterThan(2);
  expect(attacked.filter(({ brokenBy }) => brokenBy !== '').length).toBeLessThan(attacked.length / 2);
  // Looks that were wrong had to be confirmed, and were not.
  expect(Math.max(...attacked.map(({ forward }) => forward))).toBeGreaterThan(25 + 25 + 11);
});

test('a verdict by any one draw takes one unlucky look for a break', async () => {
  const setting: ToySetting = {
    attack: 'pgd',
    options: { steps: 2, stepSize: 1e-6 },
    budget: { norm: 'linf', epsilon: 1e-4 },
    encoder: toyNoisy(10, 0.3),
    gradientDraws: 1,
    selection: 'verdict',
  };
  const broken = async (verdictRule: 'majority' | 'anyDraw'): Promise<number> => {
    const { outcomes } = await run(setting, batch, { verdictDraws: 25, verdictRule });
    for (const { attacked, brokenBy, prediction, sampleId } of outcomes) {
      if (attacked) expect(brokenBy !== '').toBe(prediction !== batch.labels?.[sampleIds.indexOf(sampleId)]);
    }
    return outcomes.filter(({ brokenBy }) => brokenBy !== '').length;
  };
  expect(await broken('anyDraw')).toBeGreaterThan(await broken('majority'));
});

describe('objectives that are not supervised', () => {
  const { classify: _, ...headless } = toyConvolution(10);

  test('need no head to make transferable images', async () => {
    const setting: ToySetting = { attack: 'pgd', encoder: headless, objective: { kind: 'featureMatching' } };
    const { outcomes } = await run(setting, { images, sampleIds });
    for (const outcome of outcomes) {
      expect(outcome.loss).toBeGreaterThan(outcome.cleanLoss);
      expect(outcome).not.toHaveProperty('prediction');
      expect(outcome).not.toHaveProperty('cleanPrediction');
      // One forward and one backward a step, one look at the clean image and one at the last.
      expect(outcome).toMatchObject({ forward: 12, backward: 10 });
    }
  });

  test('can be judged by the head of the encoder', async () => {
    const setting: ToySetting = {
      attack: 'pgd',
      budget: { norm: 'linf', epsilon: 0.3 },
      objective: { kind: 'featureMatching' },
      selection: 'verdict',
    };
    const near = await placeToy(engine, setting);
    // The objective's pass and the judge's are one.
    expect(near.program.cost.step).toEqual({ forward: 1, backward: 1 });
    const { outcomes } = await runNear(near, batch, { seed: 1 });
    expect(outcomes.some(({ brokenBy }) => brokenBy === 'pgd')).toBe(true);
    await near.close();
  });

  test('InfoNCE takes its negatives from the request and not from the batch', async () => {
    const setting: ToySetting = {
      attack: 'pgd',
      options: { steps: 3 },
      objective: { kind: 'infoNce', positive: 'natural' },
    };
    const whole = await run(setting, { images, sampleIds });
    expect(await run(setting, { images, sampleIds }, { batchSize: 1 })).toEqual(whole);
    const order = [3, 8];
    const some = { images: gatherBatch(images, order), sampleIds: [15, 40] };
    const among = await run(setting, { ...some, negatives: images });
    expect(among.images).toEqual(gatherBatch(whole.images, order));
    expect((await run(setting, some)).images).not.toEqual(among.images);
    await expect(run(setting, { images: gatherBatch(images, [0]), sampleIds: [0] })).rejects.toThrow(
      'negatives: expected an image other than that of sample 0, got "none"',
    );
  });

  test('two augmented views cost two passes', async () => {
    const augment = (x: Value, draw: Draw): Value =>
      mul(x, reshape(add(draw('light', 'uniform', [1]), 0.5), [-1, 1, 1, 1]));
    const objective = { kind: 'infoNce', augment: true } as const;
    const near = await placeToy(engine, { attack: 'pgd', objective, augment, gradientDraws: 2, encoder: headless });
    expect(near.program.cost.step).toEqual({ forward: 4, backward: 4 });
    const { outcomes } = await runNear(near, { images, sampleIds }, { seed: 1 });
    expect(outcomes[0]?.backward).toBe(40);
    await near.close();
  });
});

test('another encoder may be the judge', async () => {
  const judge = toyPerceptron(10);
  const setting: ToySetting = { attack: 'pgd', options: { steps: 2 }, judge };
  const near = await placeToy(engine, setting);
  expect(near.program.cost.step).toEqual({ forward: 2, backward: 1 });
  const { outcomes } = await runNear(near, batch, { seed: 3 });
  const own = await run({ attack: 'pgd', options: { steps: 2 } });
  expect(outcomes.map(({ loss }) => loss)).toEqual(own.outcomes.map(({ loss }) => loss));
  expect(outcomes.map(({ cleanPrediction }) => cleanPrediction)).not.toEqual(
    own.outcomes.map(({ cleanPrediction }) => cleanPrediction),
  );
  await near.close();
});
