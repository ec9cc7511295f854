import { createObjective, type ObjectiveSpec, type TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Budget, createBall } from '../budget.ts';
import type { NearBatch } from '../near/batch.ts';
import { compileNear } from '../near/compile.ts';
import { placeNear } from '../near/place.ts';
import type { PlaceOptions } from '../near/placement.ts';
import { type NearResult, type NearRunOptions, runNear } from '../near/run.ts';
import type { GivenOptions } from '../options.ts';
import { attacks, findAttack } from '../registry.ts';
import { attackSettings } from '../testing/attack-settings.ts';
import { observeToy, type ToySource } from '../testing/observe-toy.ts';
import { toyPredictions } from '../testing/run-toy.ts';
import { toyConvolution, toyDims, toyImages, toyNoisy, toyPerceptron } from '../testing/toy-encoder.ts';
import { compileFar } from './compile.ts';
import type { LookRequest } from './observer.ts';
import { placeFar } from './place.ts';
import { runFar } from './run.ts';

let engine: Engine;
let labels: readonly number[];
const sampleIds = Array.from({ length: 11 }, (_, index) => 40 + 7 * index);
const images = toyImages(sampleIds);

beforeAll(async () => {
  engine = createOnnxRuntimeEngine({ workers: 2 });
  const predictions = await toyPredictions(engine, sampleIds);
  labels = predictions.map((prediction, row) => (row === 4 ? (prediction + 1) % 10 : prediction));
});
afterAll(() => engine.close());

interface Setting extends Omit<PlaceOptions, 'judge' | 'augment' | 'selection'> {
  readonly attack: string;
  readonly options?: GivenOptions;
  readonly budget?: Budget;
  readonly selection?: PlaceOptions['selection'];
}

function bound({ attack, options = {}, budget = { norm: 'linf', epsilon: 8 / 255 } }: Setting) {
  return findAttack(attack).bind(options, createBall(budget, toyDims));
}

const batchOf = (change: Partial<NearBatch> = {}): NearBatch => ({ images, sampleIds, labels, ...change });

async function far(
  setting: Setting,
  sources: readonly ToySource[],
  batch = batchOf(),
  options: Partial<NearRunOptions> = {},
): Promise<NearResult> {
  const { attack: _, options: __, budget: ___, selection = 'verdict', ...draws } = setting;
  const observers = await Promise.all(sources.map((source) => observeToy(engine, source)));
  const program = placeFar(
    bound(setting),
    observers.map(({ source }) => source),
    { selection, ...draws },
  );
  const executable = await compileFar(program, engine);
  const seed = 7;
  try {
    const observing = observers.map((each) => each.observe(batch, seed));
    return await runFar([{ far: executable, observers: observing, condition: 'always' }], batch, { seed, ...options });
  } finally {
    await executable.close();
    for (const observer of observers) await observer[Symbol.asyncDispose]();
  }
}

async function near(
  setting: Setting,
  { encoder = toyConvolution(10), objective = { kind: 'crossEntropy' } }: ToySource,
  batch = batchOf(),
  options: Partial<NearRunOptions> = {},
): Promise<NearResult> {
  const { attack: _, options: __, budget: ___, selection = 'verdict', ...draws } = setting;
  const program = placeNear(bound(setting), createObjective(objective), encoder, { selection, ...draws });
  const executable = await compileNear(program, engine);
  try {
    return await runNear(executable, batch, { seed: 7, ...options });
  } finally {
    await executable.close();
  }
}

/** Without the passes, which are more where a look is needed to know what to aim at. */
function butPasses({ images: found, outcomes }: NearResult) {
  return { images: found, outcomes: outcomes.map(({ forward: _, ...rest }) => rest) };
}

const l2: Budget = { norm: 'l2', epsilon: 0.4 };
const noisy: ToySource = { encoder: toyNoisy(10, 0.3) };
const averaged = { gradientDraws: 3 };
const headless: TracedEncoder = { encode: toyConvolution(10).encode };
const toward: ObjectiveSpec = { kind: 'crossEntropy', direction: 'toward' };
const places: readonly (readonly [string, Setting, ToySource, Partial<NearRunOptions>])[] = [
  ['PGD in L2 with restarts', { attack: 'pgd', options: { steps: 4, restarts: 2 }, budget: l2 }, {}, {}],
  ['Auto-PGD on every sample', { attack: 'apgd-ce', options: { steps: 6 }, selection: 'transfer' }, {}, {}],
  [
    'features, without a head',
    { attack: 'pgd', options: { steps: 4 }, selection: 'transfer' },
    { encoder: headless, objective: { kind: 'featureMatching' } },
    {},
  ],
  ['noise', { attack: 'apgd-ce', options: { steps: 6 }, ...averaged }, noisy, { verdictDraws: 3 }],
  ['noise, transferred', { attack: 'apgd-ce', options: { steps: 5 }, selection: 'transfer', ...averaged }, noisy, {}],
];

describe('far is near', () => {
  test.each(places)('%s', async (_, setting, source, options) => {
    const expected = await near(setting, source, batchOf(), options);
    expect(await far(setting, [source], batchOf(), options)).toEqual(expected);
    expect(await far(setting, [source], batchOf(), { ...options, batchSize: 2 })).toEqual(expected);
  });

  test.each(attacks.map(({ name }) => name))('%s', async (name) => {
    const { family, norms, objective } = findAttack(name);
    const setting: Setting = {
      attack: name,
      options: attackSettings[name]?.options ?? {},
      ...(norms.includes('l2') ? { budget: l2 } : {}),
      selection: family === 'minimumNorm' ? 'distance' : 'verdict',
    };
    const expected = await near(setting, { objective });
    expect(butPasses(await far(setting, [{ objective }]))).toEqual(butPasses(expected));
  });

  test.each(['fab', 'fab-t'])('%s, with starts that know their number', async (name) => {
    const { objective } = findAttack(name);
    const restarted = (restarts: number): Setting => ({
      attack: name,
      options: { steps: 1, restarts, [name === 'fab' ? 'classes' : 'targets']: 2 },
      budget: l2,
      selection: 'distance',
    });
    const once = await near(restarted(1), { objective });
    const expected = await near(restarted(3), { objective });
    expect(expected.images).not.toEqual(once.images);
    expect(butPasses(await far(restarted(3), [{ objective }]))).toEqual(butPasses(expected));
  });

  test('targets of the caller', async () => {
    const setting: Setting = { attack: 'pgd', options: { steps: 5 }, budget: l2 };
    const batch = batchOf({ targets: labels.map((label) => (label + 3) % 10) });
    const expected = await near(setting, { objective: toward }, batch);
    expect(await far(setting, [{ objective: toward }], batch)).toEqual(expected);
  });
});

describe('several sources', () => {
  const setting: Setting = { attack: 'pgd', options: { steps: 5 }, budget: { norm: 'linf', epsilon: 0.03 } };
  const others: readonly ToySource[] = [{}, { encoder: toyPerceptron(10) }];

  /** What each source says of images by itself. */
  async function predictionsOf(found: NearResult['images']): Promise<readonly (readonly number[])[]> {
    const said: (readonly number[])[] = [];
    for (const encoder of [toyConvolution(10), toyPerceptron(10)]) {
      const still: Setting = { attack: 'fgsm', selection: 'transfer' };
      const { outcomes } = await near(still, { encoder }, batchOf({ images: found }));
      said.push(outcomes.map(({ cleanPrediction }) => cleanPrediction ?? -1));
    }
    return said;
  }

  test('are attacked where any is right, and broken where all are wrong', async () => {
    const { images: found, outcomes } = await far(setting, others);
    const before = await predictionsOf(images);
    const after = await predictionsOf(found);
    for (const [row, { attacked, brokenBy, cleanPrediction, prediction }] of outcomes.entries()) {
      const isRight = (said: readonly (readonly number[])[]) => said.some((each) => each[row] === labels[row]);
      expect(attacked).toBe(isRight(before));
      expect(cleanPrediction).toBe(attacked ? labels[row] : before[0]?.[row]);
      if (attacked) expect(brokenBy === '').toBe(isRight(after));
      if (brokenBy !== '') expect(prediction).toBe(after[0]?.[row]);
    }
    expect(outcomes.some(({ brokenBy }) => brokenBy !== '')).toBe(true);
    expect(outcomes.some(({ attacked, brokenBy }) => attacked && brokenBy === '')).toBe(true);
  });

  test('that are the same are as one, of twice the loss', async () => {
    const one = await far(setting, [{}]);
    const two = await far(setting, [{}, {}]);
    expect(two.images).toEqual(one.images);
    expect(two.outcomes.map(({ loss }) => loss)).toEqual(one.outcomes.map(({ loss }) => 2 * loss));
    expect(two.outcomes[0]).toMatchObject({ backward: 2 * (one.outcomes[0]?.backward ?? 0) });
    // What a lone source weighs is no matter.
    expect(await far(setting, [{ weight: 5 }])).toEqual(one);
  });

  test('count as much as they weigh', async () => {
    const all: Setting = { ...setting, selection: 'transfer' };
    const [first, second] = [await near(all, {}), await near(all, { encoder: toyPerceptron(10) })];
    const meanLoss = async (weights: readonly number[], encoder: ToySource) => {
      const result = await far(
        all,
        others.map((source, index) => ({ ...source, weight: weights[index] ?? 1 })),
      );
      const seen = await near({ attack: 'fgsm', selection: 'transfer' }, encoder, batchOf({ images: result.images }));
      return seen.outcomes.reduce((sum, { cleanLoss }) => sum + cleanLoss, 0) / seen.outcomes.length;
    };
    for (const source of others) {
      const [heavy, light] =
        source === others[0]
          ? [
              [1, 1e-6],
              [1e-6, 1],
            ]
          : [
              [1e-6, 1],
              [1, 1e-6],
            ];
      expect(await meanLoss(heavy ?? [], source)).toBeGreaterThan(await meanLoss(light ?? [], source));
    }
    expect(first.images).not.toEqual(second.images);
  });

  test('may be of different kinds, and some without a head where none judges', async () => {
    const mixed: readonly ToySource[] = [
      { encoder: headless, objective: { kind: 'featureMatching' } },
      { encoder: toyPerceptron(10) },
    ];
    const { outcomes } = await far({ ...setting, selection: 'transfer' }, mixed);
    for (const outcome of outcomes) {
      expect(outcome.loss).toBeGreaterThan(outcome.cleanLoss);
      expect(outcome).not.toHaveProperty('prediction');
    }
    await expect(far(setting, mixed)).rejects.toMatchObject({ reason: 'PART_MISSING' });
  });

  test('may tell different numbers of classes apart, unless their logits are added up', async () => {
    const fewer: readonly ToySource[] = [{}, { encoder: toyPerceptron(12) }];
    expect((await far(setting, fewer)).outcomes).toHaveLength(labels.length);
    const aimed: Setting = { ...setting, attack: 'apgd-t', options: { steps: 3 } };
    const { objective } = findAttack('apgd-t');
    await expect(
      far(
        aimed,
        fewer.map((source) => ({ ...source, objective })),
      ),
    ).rejects.toMatchObject({
      reason: 'SHAPES_DIFFER',
    });
  });

  test('aim at the same classes', async () => {
    const targets: (readonly number[])[] = [];
    const { objective } = findAttack('apgd-t');
    const hearing = others.map((source) => ({
      ...source,
      objective,
      heard: ({ targets: aim, purpose }: LookRequest) => {
        if (purpose === 'finish') targets.push(aim ?? []);
      },
    }));
    await far({ ...setting, attack: 'apgd-t', options: { steps: 2, targets: 2 } }, hearing);
    expect(targets.length).toBeGreaterThan(0);
    for (const [index, aim] of targets.entries()) if (index % 2 === 1) expect(aim).toEqual(targets[index - 1]);
  });
});

describe('what goes wrong', () => {
  const setting: Setting = { attack: 'pgd', options: { steps: 50 }, selection: 'transfer' };

  test('an attack without gradients never asks for one', async () => {
    const asked: boolean[] = [];
    const heard = ({ gradient }: LookRequest) => void asked.push(gradient);
    await far({ attack: 'square', options: { queries: 5 } }, [{ objective: { kind: 'margin' }, heard }]);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.some((gradient) => gradient)).toBe(false);
  });

  test('an observer that fails ends the attack with its error', async () => {
    let looks = 0;
    const heard = () => {
      looks++;
      if (looks === 4) throw new Error('gone');
    };
    await expect(far(setting, [{}, { heard }])).rejects.toThrow('gone');
    expect(looks).toBe(4);
  });

  test('an abort ends the attack within a look', async () => {
    const controller = new AbortController();
    let looks = 0;
    const heard = () => {
      looks++;
      if (looks === 5) controller.abort(new Error('enough'));
    };
    await expect(far(setting, [{ heard }], batchOf(), { signal: controller.signal })).rejects.toThrow('enough');
    expect(looks).toBe(5);
  });

  test('noise without a number of gradients to average', async () => {
    await expect(far(setting, [{}, noisy])).rejects.toMatchObject({ reason: 'DRAWS_REQUIRED' });
  });

  test('a batch without what is needed', async () => {
    const { labels: _, ...unlabelled } = batchOf();
    await expect(far({ attack: 'pgd' }, [{}], unlabelled)).rejects.toThrow('labels: expected 11 classes');
    await expect(far(setting, [{ objective: toward }])).rejects.toThrow('targets: expected 11 classes');
  });
});
