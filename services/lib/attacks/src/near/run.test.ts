import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { sliceBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../budget.ts';
import { placeToy, type ToySetting, toyPredictions } from '../testing/run-toy.ts';
import { toyConvolution, toyImages } from '../testing/toy-encoder.ts';
import type { NearBatch } from './batch.ts';
import type { NearExecutable } from './compile.ts';
import { type NearResult, type NearRunOptions, runNear } from './run.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 2 });
});

afterAll(() => engine.close());

const sampleIds = Array.from({ length: 24 }, (_, index) => 100 + 3 * index);
const images = toyImages(sampleIds);

/** What the toy says about the clean images, every sixth one changed, so that some are wrong clean. */
function toyLabels(classes: number): Promise<readonly number[]> {
  const known = labelsOf.get(classes) ?? computeLabels(classes);
  labelsOf.set(classes, known);
  return known;
}

const labelsOf = new Map<number, Promise<readonly number[]>>();

async function computeLabels(classes: number): Promise<readonly number[]> {
  const predictions = await toyPredictions(engine, sampleIds, classes);
  return predictions.map((prediction, row) => (row % 6 === 5 ? (prediction + 1) % classes : prediction));
}

async function attack(
  setting: ToySetting,
  batch: Partial<NearBatch> = {},
  options: Partial<NearRunOptions> = {},
): Promise<NearResult> {
  const near = await placeToy(engine, setting);
  try {
    return await runNear(near, await complete(batch), { seed: 7, ...options });
  } finally {
    await near.close();
  }
}

async function complete(batch: Partial<NearBatch>): Promise<NearBatch> {
  return { images, sampleIds, labels: batch.labels ?? (await toyLabels(10)), ...batch };
}

function meanLoss({ outcomes }: NearResult): number {
  return outcomes.reduce((sum, { loss }) => sum + loss, 0) / outcomes.length;
}

describe('strength', () => {
  test.each(['pgd', 'apgd'])('%s does not get weaker with more steps', async (name) => {
    const few = await attack({ attack: name, options: { steps: 4 } });
    const many = await attack({ attack: name, options: { steps: 40 } });
    expect(meanLoss(many)).toBeGreaterThanOrEqual(meanLoss(few));
  });

  test('no sample gets weaker with more restarts', async () => {
    const one = await attack({ attack: 'pgd', options: { steps: 4 } });
    const three = await attack({ attack: 'pgd', options: { steps: 4, restarts: 3 } });
    for (const [row, { loss }] of three.outcomes.entries())
      expect(loss).toBeGreaterThanOrEqual(one.outcomes[row]?.loss ?? 0);
    expect(meanLoss(three)).toBeGreaterThan(meanLoss(one));
  });

  test('FGSM is PGD with one step of epsilon from the clean image', async () => {
    const fgsm = await attack({ attack: 'fgsm' });
    const pgd = await attack({ attack: 'pgd', options: { steps: 1, stepSize: '8/255', randomStart: false } });
    expect(pgd.images).toEqual(fgsm.images);
  });
});

describe('seeds', () => {
  test('reproduce bit for bit, and differ', async () => {
    const setting = { attack: 'apgd', options: { steps: 5 } };
    const once = await attack(setting, {}, { seed: 2n ** 60n });
    expect(await attack(setting, {}, { seed: 2n ** 60n })).toEqual(once);
    expect((await attack(setting, {}, { seed: 8 })).images).not.toEqual(once.images);
  });
});

describe.each([2, 3, 10])('%i classes', (classes) => {
  test.each([{ kind: 'crossEntropy' }, { kind: 'margin' }, { kind: 'dlr' }] as const)(
    'can be attacked with $kind',
    async (objective) => {
      const labels = await toyLabels(classes);
      const encoder = toyConvolution(classes);
      const budget: Budget = { norm: 'linf', epsilon: 0.2 };
      const setting: ToySetting = {
        attack: 'apgd',
        options: { steps: 20 },
        encoder,
        objective,
        budget,
        selection: 'verdict',
      };
      const { outcomes } = await attack(setting, { labels });
      const right = outcomes.filter(({ cleanPrediction }, row) => cleanPrediction === labels[row]);
      expect(outcomes.filter(({ brokenBy }) => brokenBy === 'apgd').length).toBeGreaterThan(right.length / 2);
    },
  );
});

describe('a verdict', () => {
  const setting: ToySetting = { attack: 'pgd', options: { steps: 20 }, selection: 'verdict' };

  test('leaves samples alone that are wrong clean', async () => {
    const { outcomes, images: kept } = await attack(setting);
    outcomes.forEach((outcome, row) => {
      expect(outcome.attacked).toBe(row % 6 !== 5);
      if (outcome.attacked) return;
      expect(sliceBatch(kept, row, row + 1).data).toEqual(sliceBatch(images, row, row + 1).data);
      expect(outcome).toMatchObject({ brokenBy: '', backward: 0, forward: 1, loss: outcome.cleanLoss });
    });
  });

  test('lets a sample go at the first look after the step that broke it', async () => {
    const actives: number[] = [];
    const { outcomes } = await attack(setting, {}, { onProgress: ({ active }) => actives.push(active) });
    const labels = await toyLabels(10);
    const broken = outcomes.filter(({ brokenBy }) => brokenBy !== '');
    expect(broken.length).toBeGreaterThan(3);
    outcomes.forEach(({ brokenAtStep, backward, prediction, attacked }, row) => {
      if (!attacked) return;
      expect(prediction === labels[row]).toBe(brokenAtStep === undefined);
      // It may have to wait for the next look, which is at most eight steps away.
      if (brokenAtStep === undefined) expect(backward).toBe(20);
      else expect(backward).toBeLessThanOrEqual(Math.min(20, brokenAtStep + 8));
    });
    expect(actives.at(-1)).toBeLessThan(actives[0] ?? 0);
  });

  test('is the same whether a sample breaks early or all steps are run', async () => {
    const verdict = await attack({ ...setting, attack: 'apgd-ce' });
    const transfer = await attack({ ...setting, attack: 'apgd-ce', selection: 'transfer' });
    verdict.outcomes.forEach(({ attacked, brokenBy }, row) => {
      if (attacked && brokenBy === '') expect(transfer.outcomes[row]?.loss).toBe(verdict.outcomes[row]?.loss);
    });
  });

  test('on targets ends where the target is reached', async () => {
    const labels = await toyLabels(10);
    const targets = labels.map((label, row) => (label + 1 + (row % 3)) % 10);
    const objective = { kind: 'crossEntropy', direction: 'toward' } as const;
    const budget: Budget = { norm: 'linf', epsilon: 0.25 };
    const { outcomes } = await attack({ ...setting, objective, budget }, { labels, targets });
    const reached = outcomes.filter(({ brokenBy }) => brokenBy !== '');
    expect(reached.length).toBeGreaterThan(sampleIds.length / 2);
    outcomes.forEach(({ attacked, brokenBy, prediction }, row) => {
      if (attacked) expect(prediction === targets[row]).toBe(brokenBy !== '');
    });
  });
});

describe('progress', () => {
  test.each(['transfer', 'verdict'] as const)('counts up to everything (%s)', async (selection) => {
    const seen: number[] = [];
    let total = 0;
    const setting: ToySetting = { attack: 'pgd', options: { steps: 10, restarts: 2 }, selection };
    await attack(
      setting,
      {},
      {
        onProgress: (progress) => {
          seen.push(progress.done);
          total = progress.total;
        },
      },
    );
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(total).toBe((selection === 'verdict' ? 20 : 24) * 20);
    expect(seen.at(-1)).toBeLessThanOrEqual(total);
    if (selection === 'transfer') expect(seen.at(-1)).toBe(total);
  });
});

describe('a start that is done with a sample', () => {
  const setting: ToySetting = { attack: 'deepfool', options: { steps: 30 }, budget: { norm: 'l2', epsilon: 5 } };

  test.each(['distance', 'verdict', 'transfer'] as const)('lets it go (%s)', async (selection) => {
    const seen: number[] = [];
    let total = 0;
    const { outcomes, images: kept } = await attack(
      { ...setting, selection },
      {},
      {
        onProgress: (progress) => {
          seen.push(progress.done);
          total = progress.total;
        },
      },
    );
    const judged = outcomes.filter(({ attacked }) => attacked || selection === 'transfer');
    const whole = 30 * 9;
    for (const { backward, brokenAtStep } of judged) {
      expect(backward).toBeLessThan(whole);
      if (selection !== 'transfer') expect(backward).toBeLessThanOrEqual((brokenAtStep ?? 0) + 1 + 16);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(total).toBe(judged.length * whole);
    expect(seen.at(-1)).toBeLessThanOrEqual(total);
    const alone = await attack({ ...setting, selection }, {}, { batchSize: 1 });
    expect(alone.images).toEqual(kept);
  });

  test('makes its last look then', async () => {
    const unbroken: ToySetting = { ...setting, budget: { norm: 'l2', epsilon: 1e-3 }, selection: 'verdict' };
    const { outcomes } = await attack(unbroken);
    for (const { attacked, brokenBy, backward, forward } of outcomes) {
      if (!attacked) continue;
      expect([brokenBy, backward < 30 * 9]).toEqual(['', true]);
      // The clean image twice, for the verdict and for the targets; where it ended, and what it returned.
      expect(forward).toBe(backward + 4);
    }
  });
});

describe('an abort', () => {
  test('ends the run within a few steps, with the reason given', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let steps = 0;
    const run = attack(
      { attack: 'pgd', options: { steps: 100_000 } },
      {},
      {
        signal: controller.signal,
        onProgress: ({ step }) => {
          steps = step;
          controller.abort(reason);
        },
      },
    );
    await expect(run).rejects.toBe(reason);
    expect(steps).toBe(1);
  });

  test('before the start runs nothing', async () => {
    const near: NearExecutable = await placeToy(engine, { attack: 'fgsm' });
    const run = runNear(near, await complete({}), { seed: 1, signal: AbortSignal.abort('no') });
    await expect(run).rejects.toBe('no');
    await near.close();
  });
});
