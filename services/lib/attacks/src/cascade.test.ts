import { mul } from '@parallax/graph';
import { createObjective, type TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { gatherBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBall } from './budget.ts';
import { bindStage, type CascadeStage, cascades, findCascade } from './cascade.ts';
import { compileNear } from './near/compile.ts';
import { placeNear } from './near/place.ts';
import { type NearRunOptions, runCascade } from './near/run.ts';
import { attackSettings } from './testing/attack-settings.ts';
import { toyPredictions } from './testing/run-toy.ts';
import { toyConvolution, toyDims, toyImages } from './testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 2 });
});

afterAll(() => engine.close());

const sampleIds = Array.from({ length: 16 }, (_, index) => 100 + 3 * index);
const images = toyImages(sampleIds);
const short: readonly CascadeStage[] = [
  { attack: 'fgsm' },
  { attack: 'apgd-t', options: { steps: 8, targets: 3 } },
  { attack: 'square', options: { queries: 40 } },
];

async function run(
  stages: readonly CascadeStage[],
  options: Partial<NearRunOptions> = {},
  {
    epsilon = 8 / 255,
    classes = 10,
    encoder = toyConvolution(classes),
    order = [...sampleIds.keys()],
    isTargeted = false,
  } = {},
) {
  const ball = createBall({ norm: 'linf', epsilon }, toyDims);
  const near = await Promise.all(
    stages.map(async (stage) => {
      const { bound, objective, condition } = bindStage(stage, ball);
      const program = placeNear(bound, createObjective(objective), encoder, { selection: 'verdict' });
      return { near: await compileNear(program, engine), condition };
    }),
  );
  const labels = await toyPredictions(engine, sampleIds, classes);
  const batch = {
    images: gatherBatch(images, order),
    sampleIds: order.map((row) => sampleIds[row] ?? 0),
    labels: order.map((row) => labels[row] ?? 0),
    ...(isTargeted ? { targets: order.map((row) => ((labels[row] ?? 0) + 1) % 10) } : {}),
  };
  const result = await runCascade(near, batch, { seed: 7, allowUnchanged: true, ...options });
  await Promise.all(near.map((each) => each.near.close()));
  return result;
}

test('every named cascade can be bound in every norm it names', () => {
  for (const { norms, stages } of cascades) {
    for (const norm of norms) {
      for (const stage of stages) {
        const { bound } = bindStage(stage, createBall({ norm, epsilon: 0.5 }, toyDims));
        expect(bound.name).toBe(stage.attack);
      }
    }
  }
});

test.each([2, 3])('AutoAttack plus attacks %i classes', async (classes) => {
  const stages = findCascade('autoattack-plus')?.stages ?? [];
  const cheap = stages.map((stage) => ({ ...stage, options: attackSettings[stage.attack]?.options ?? {} }));
  const { outcomes } = await run(cheap, {}, { classes, epsilon: 0.05 });
  const by = outcomes.map(({ brokenBy }) => brokenBy);
  expect(by).toContain('apgd-ce');
  expect(by).toContain('');
  // Those left have been looked at by every stage: with gradients by all but the fourth.
  const steps = 12 + 12 + 6 * (classes - 1) + 6 * (classes - 1) + 10 * (classes - 1);
  for (const { attacked, brokenBy, backward } of outcomes) {
    if (attacked && brokenBy === '') expect(backward).toBe(steps);
  }
});

describe('a cascade', () => {
  test('runs each stage on what the ones before have left, and says which broke a sample', async () => {
    const { outcomes } = await run(short);
    const alone = await run(short.slice(0, 1));
    outcomes.forEach(({ brokenBy }, row) => {
      expect(brokenBy === 'fgsm').toBe(alone.outcomes[row]?.brokenBy === 'fgsm');
    });
    const by = new Set(outcomes.map(({ brokenBy }) => brokenBy));
    expect([...by].sort()).toEqual(['', 'apgd-t', 'fgsm']);
    for (const { brokenBy, backward, forward } of outcomes) {
      if (brokenBy === 'fgsm') expect(backward).toBe(1);
      if (brokenBy === '') expect([backward, forward > 40]).toEqual([1 + 3 * 8, true]);
    }
  });

  test('gives the same bytes in any batch and order', async () => {
    const whole = await run(short, { batchSize: 64 });
    expect(await run(short, { batchSize: 1 })).toEqual(whole);
    const order = sampleIds.map((_, row) => (7 * row + 3) % sampleIds.length);
    const shuffled = await run(short, { batchSize: 5 }, { order });
    expect(shuffled.images).toEqual(gatherBatch(whole.images, order));
    expect(shuffled.outcomes).toEqual(order.map((row) => whole.outcomes[row]));
  });

  test('refuses stages that mean different things by broken', async () => {
    const objective = { kind: 'crossEntropy', direction: 'toward' } as const;
    await expect(run([{ attack: 'fgsm' }, { attack: 'pgd', objective }], {}, { isTargeted: true })).rejects.toThrow(
      'stages[1]: expected an attack without targets of the caller, as stages[0], got pgd',
    );
  });

  test('counts progress up to everything', async () => {
    const seen: number[] = [];
    let total = 0;
    await run(
      short,
      {
        onProgress: (progress) => {
          seen.push(progress.done);
          total = progress.total;
        },
      },
      { epsilon: 1e-4 },
    );
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect([seen.at(-1), total]).toEqual([sampleIds.length * 65, sampleIds.length * 65]);
  });

  test('asks without gradients where these say nothing', async () => {
    const conditional: readonly CascadeStage[] = [
      { attack: 'apgd-ce', options: { steps: 4 } },
      { attack: 'square', options: { queries: 20 }, condition: 'uselessGradients' },
    ];
    const usual = await run(conditional, {}, { epsilon: 1e-4 });
    expect(usual.outcomes.every(({ forward }) => forward < 20)).toBe(true);
    const { outcomes } = await run(conditional, {}, { epsilon: 1e-4, encoder: masked() });
    expect(outcomes.some(({ attacked }) => attacked)).toBe(true);
    for (const { attacked, zeroGradient, forward } of outcomes) {
      if (attacked) expect([zeroGradient, forward >= 20]).toEqual([4, true]);
    }
  });
});

/** The toy, so sure of itself that the softmax is a step and cross-entropy has no gradient. */
function masked(): TracedEncoder {
  const { encode, classify } = toyConvolution(10);
  return classify === undefined ? { encode } : { encode, classify: (features) => mul(classify(features), 1e6) };
}
