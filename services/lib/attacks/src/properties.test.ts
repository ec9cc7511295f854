import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { gatherBatch, sliceBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from './budget.ts';
import type { NearBatch } from './near/batch.ts';
import { type NearResult, type NearRunOptions, runNear } from './near/run.ts';
import type { NormName } from './norms/norm.ts';
import { attacks, findAttack } from './registry.ts';
import { attackSettings } from './testing/attack-settings.ts';
import { placeToy, type ToySetting, toyPredictions } from './testing/run-toy.ts';
import { toyConvolution, toyImages } from './testing/toy-encoder.ts';
import { isOverBudget, measure } from './verify/measure.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 2 });
});

afterAll(() => engine.close());

const sampleIds = Array.from({ length: 12 }, (_, index) => 100 + 3 * index);
const images = toyImages(sampleIds);

/** A radius at which the toy breaks for many samples, one at which it does not change, and one at which anything does. */
const radii: { readonly [N in NormName]: { readonly tiny: number; readonly usual: number; readonly huge: number } } = {
  linf: { tiny: 1e-6, usual: 8 / 255, huge: 0.4 },
  l2: { tiny: 1e-5, usual: 0.4, huge: 5 },
  l1: { tiny: 1e-4, usual: 3, huge: 30 },
};

const known = new Map<string, Promise<readonly number[]>>();

/** What the toy says of clean images, asked once. */
function predictionsOf(ids: readonly number[], classes = 10): Promise<readonly number[]> {
  const key = [classes, ...ids].join();
  const predictions = known.get(key) ?? toyPredictions(engine, ids, classes);
  known.set(key, predictions);
  return predictions;
}

async function attack(
  setting: ToySetting,
  batch: Partial<NearBatch> = {},
  options: Partial<NearRunOptions> = {},
): Promise<NearResult> {
  const near = await placeToy(engine, { selection: 'verdict', ...setting });
  const labels = batch.labels ?? (await predictionsOf(sampleIds));
  try {
    return await runNear(near, { images, sampleIds, labels, ...batch }, { seed: 7, allowUnchanged: true, ...options });
  } finally {
    await near.close();
  }
}

function sizes({ images: kept }: NearResult, clean = images) {
  return Array.from({ length: clean.dims[0] ?? 0 }, (_, row) =>
    measure(sliceBatch(clean, row, row + 1).data, sliceBatch(kept, row, row + 1).data),
  );
}

function brokenCount({ outcomes }: NearResult): number {
  return outcomes.filter(({ brokenBy }) => brokenBy !== '').length;
}

const single = attacks.filter(({ family }) => family !== 'cascade');

test('every attack is tested', () => {
  expect(Object.keys(attackSettings).sort()).toEqual(single.map(({ name }) => name).sort());
});

/** In its first norm an attack must show everything, in the others what a norm can spoil. */
const cases = single.flatMap(({ name, norms }) => norms.map((norm, index) => ({ name, norm, isFirst: index === 0 })));

describe.each(cases)('$name in $norm', ({ name, norm, isFirst }) => {
  const definition = findAttack(name);
  const { options, more, isBaseline } = attackSettings[name] ?? { options: {} };
  const { tiny, usual, huge } = radii[norm];
  const budget: Budget = { norm, epsilon: usual };
  const setting: ToySetting = { attack: name, options, budget };

  let made: Promise<NearResult> | undefined;
  const usually = (): Promise<NearResult> => {
    made ??= attack(setting);
    return made;
  };

  test('stays in ball and box, says what it broke, and breaks something', async () => {
    const result = await usually();
    for (const size of sizes(result)) expect(isOverBudget(size, budget)).toBe(false);
    for (const { brokenBy, prediction, cleanPrediction } of result.outcomes) {
      expect(brokenBy).toBe(prediction === cleanPrediction ? '' : name);
    }
    if (isBaseline === undefined) expect(brokenCount(result)).toBeGreaterThan(0);
  });

  test('changes no class in a tiny ball', async () => {
    const result = await attack({ ...setting, budget: { norm, epsilon: tiny } });
    for (const size of sizes(result)) expect(size[norm]).toBeLessThanOrEqual(tiny * (1 + 1e-5));
    expect(brokenCount(result)).toBe(0);
  });

  test.each(isFirst ? (['transfer', 'verdict', 'distance'] as const) : (['verdict'] as const))(
    'gives the same bytes in any batch and order (%s)',
    async (selection) => {
      const labels = await predictionsOf(sampleIds);
      const near = await placeToy(engine, { ...setting, selection });
      const batch = { images, sampleIds, labels };
      const options = { seed: 7, allowUnchanged: true };
      const whole = await runNear(near, batch, { ...options, batchSize: 64 });
      expect(await runNear(near, batch, { ...options, batchSize: 1 })).toEqual(whole);
      const order = sampleIds.map((_, row) => (7 * row + 3) % sampleIds.length);
      const permuted = {
        images: gatherBatch(images, order),
        sampleIds: order.map((row) => sampleIds[row] ?? 0),
        labels: order.map((row) => labels[row] ?? 0),
      };
      const shuffled = await runNear(near, permuted, { ...options, batchSize: 5 });
      expect(shuffled.images).toEqual(gatherBatch(whole.images, order));
      expect(shuffled.outcomes).toEqual(order.map((row) => whole.outcomes[row]));
      await near.close();
    },
  );

  if (!isFirst) return;

  if (more !== undefined) {
    test('does not get weaker with more work', async () => {
      const [less, most] = [await usually(), await attack({ ...setting, options: more })];
      expect(brokenCount(most)).toBeGreaterThanOrEqual(brokenCount(less));
    });
  }

  test('keeps nothing farther away when it looks for the nearest', async () => {
    const unbounded = { norm, epsilon: huge };
    const [first, nearest] = [
      await attack({ ...setting, budget: unbounded }),
      await attack({ ...setting, budget: unbounded, selection: 'distance' }),
    ];
    const [before, after] = [sizes(first), sizes(nearest)];
    for (const [row, { brokenBy }] of first.outcomes.entries()) {
      if (brokenBy === '') continue;
      expect(nearest.outcomes[row]?.brokenBy).toBe(name);
      // Which of two is nearer was decided in float32.
      expect(after[row]?.[norm]).toBeLessThanOrEqual((before[row]?.[norm] ?? 0) * (1 + 1e-6));
    }
  });

  test.each([2, 3, 4, 200])('works for %i classes and a batch of one', async (classes) => {
    const alone = [sampleIds[0] ?? 0];
    const encoder = toyConvolution(classes);
    const labels = await predictionsOf(alone, classes);
    const result = await attack({ ...setting, encoder }, { images: toyImages(alone), sampleIds: alone, labels });
    expect(result.outcomes).toHaveLength(1);
    for (const size of sizes(result, toyImages(alone))) expect(isOverBudget(size, budget)).toBe(false);
  });

  if (!definition.objectiveFixed && isBaseline === undefined) {
    test('reaches targets, and calls nothing else a success', async () => {
      const labels = await predictionsOf(sampleIds);
      const targets = labels.map((label, row) => (label + 1 + (row % 3)) % 10);
      const objective = { ...definition.objective, direction: 'toward' } as const;
      const result = await attack({ ...setting, budget: { norm, epsilon: huge }, objective }, { labels, targets });
      for (const [row, { brokenBy, prediction }] of result.outcomes.entries()) {
        expect(brokenBy !== '').toBe(prediction === targets[row]);
      }
      expect(brokenCount(result)).toBeGreaterThan(0);
    });
  }

  test('depends on the seed alone', async () => {
    expect(await attack(setting)).toEqual(await usually());
  });
});
