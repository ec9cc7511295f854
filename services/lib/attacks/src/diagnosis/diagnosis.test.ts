import { add, div, floor, mul, type Value } from '@parallax/graph';
import type { TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { gatherBatch, int64, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Budget, createBall } from '../budget.ts';
import { bindStage, type CascadeStage } from '../cascade.ts';
import type { SampleOutcome } from '../near/outcome.ts';
import { runCascade } from '../near/run.ts';
import { norms } from '../norms/registry.ts';
import { placeToy } from '../testing/run-toy.ts';
import { toyConvolution, toyDims, toyImages } from '../testing/toy-encoder.ts';
import type { SampleRecord } from '../verify/record.ts';
import { verify } from '../verify/verify.ts';
import { comparisons } from './compare.ts';
import { diagnose } from './diagnose.ts';
import type { Diagnostic } from './diagnostic.ts';
import { planDiagnosis } from './plan.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const classes = 10;
const sampleIds = Array.from({ length: 24 }, (_, index) => index);
const images = toyImages(sampleIds);

/** The classes that an encoder gives to images. */
async function classesOf(encoder: TracedEncoder, some: Tensor<'float32'>): Promise<readonly number[]> {
  const near = await placeToy(engine, { attack: 'noise', encoder });
  const { prediction } = await near.evaluate.run({
    images: some,
    labels: int64([some.dims[0] ?? 0], Array(some.dims[0]).fill(0)),
  });
  await near.close();
  return prediction === undefined ? [] : toNumbers(prediction);
}

interface Attacked {
  readonly records: readonly SampleRecord[];
  readonly outcomes: readonly SampleOutcome[];
}

/** Attacks the toy images of some rows, all of which the encoder is right about. */
async function attack(
  encoder: TracedEncoder,
  { stages, budget }: { readonly stages: readonly CascadeStage[]; readonly budget: Budget },
  rows: readonly number[] = sampleIds,
): Promise<Attacked> {
  const clean = gatherBatch(images, rows);
  const labels = await classesOf(encoder, clean);
  const placed = await Promise.all(
    stages.map(async ({ objective, ...stage }) => ({
      near: await placeToy(engine, {
        ...stage,
        budget,
        encoder,
        selection: 'verdict',
        ...(objective && { objective }),
      }),
      condition: 'always' as const,
    })),
  );
  const batch = { images: clean, sampleIds: rows, labels };
  const { images: stored, outcomes } = await runCascade(placed, batch, { seed: 3, allowUnchanged: true });
  await Promise.all(placed.map(({ near }) => near.close()));
  const predict = async (some: Tensor<'float32'>) => ({ classes: await classesOf(encoder, some) });
  return {
    records: await verify({ attack: 'x', budget, seed: 3, clean, stored, labels, outcomes, predict }),
    outcomes,
  };
}

/** Every check of an attack on an encoder. */
async function checksOf(encoder: TracedEncoder, stage: CascadeStage, budget: Budget): Promise<readonly Diagnostic[]> {
  const bound = [bindStage(stage, createBall(budget, toyDims))];
  const { records, outcomes } = await attack(encoder, { stages: [stage], budget });
  const checks = [...diagnose(outcomes)];
  for (const compared of planDiagnosis({ stages: bound, budget, dims: toyDims, targeted: false })) {
    const { check, onSurvivors } = compared;
    const rows = sampleIds.filter((row) => !onSurvivors || records[row]?.robust);
    const other = rows.length === 0 ? [] : (await attack(encoder, compared, rows)).records;
    checks.push(comparisons[check]({ attack: records, other, classes }));
  }
  return checks;
}

const failed = (checks: readonly Diagnostic[]): readonly string[] =>
  checks.flatMap(({ name, passed }) => (passed ? [] : [name]));

const everyCheck = [
  'zero-gradient-rate',
  'nan-gradient-rate',
  'loss-increases',
  'black-box-not-stronger',
  'random-noise-baseline',
  'unbounded-reaches-chance',
  'more-steps-not-weaker',
];

describe('an attack', () => {
  const budget: Budget = { norm: 'linf', epsilon: 16 / 255 };
  const stage: CascadeStage = { attack: 'pgd', options: { steps: 10 } };
  const toy = toyConvolution(classes);

  test('passes every check on an encoder that hides nothing', async () => {
    const checks = await checksOf(toy, stage, budget);
    expect(checks.map(({ name }) => name)).toEqual(everyCheck);
    expect(failed(checks)).toEqual([]);
  });

  test('fails where the softmax is saturated', async () => {
    const saturated = { ...toy, classify: (features: Value) => mul(toy.classify?.(features) as Value, 1e4) };
    const checks = await checksOf(saturated, stage, budget);
    expect(failed(checks)).toEqual([
      'zero-gradient-rate',
      'loss-increases',
      'black-box-not-stronger',
      'random-noise-baseline',
      'unbounded-reaches-chance',
    ]);
  });

  test('fails where steps hide the slope, and what is left of it misleads', async () => {
    const stepped: TracedEncoder = {
      ...toy,
      encode: (x, draw) => toy.encode(add(div(floor(mul(x, 32)), 32), mul(x, -1e-3)), draw),
    };
    const checks = await checksOf(stepped, stage, budget);
    expect(failed(checks)).toEqual([
      'loss-increases',
      'black-box-not-stronger',
      'random-noise-baseline',
      'unbounded-reaches-chance',
    ]);
  });
});

describe('the attacks that another is compared with', () => {
  const budget: Budget = { norm: 'linf', epsilon: 1 / 20 };
  const plan = (stages: readonly CascadeStage[], targeted = false) =>
    planDiagnosis({
      stages: stages.map((stage) => bindStage(stage, createBall(budget, toyDims))),
      budget,
      dims: toyDims,
      targeted,
    });

  test('are without gradients, noise, itself in the whole box, and itself with twice the steps', () => {
    const options = { steps: 4, stepSize: 0.01, randomStart: true, restarts: 1 };
    const objective = { kind: 'dlr' } as const;
    expect(plan([{ attack: 'pgd', options, objective }])).toMatchObject([
      { check: 'black-box-not-stronger', budget, stages: [{ attack: 'square', objective: { direction: 'away' } }] },
      { check: 'random-noise-baseline', budget, stages: [{ attack: 'noise' }] },
      {
        check: 'unbounded-reaches-chance',
        budget: { norm: 'linf', epsilon: 1 },
        stages: [{ attack: 'pgd', options: { ...options, stepSize: 0.2 }, objective }],
      },
      { check: 'more-steps-not-weaker', budget, stages: [{ options: { ...options, steps: 8 }, objective }] },
    ]);
  });

  test('go after the targets of the caller', () => {
    const toward = { kind: 'margin', direction: 'toward' } as const;
    const [blackBox, noise] = plan([{ attack: 'pgd', objective: toward }], true);
    expect([blackBox, noise].map((each) => each?.stages[0]?.objective?.direction)).toEqual(['toward', 'toward']);
  });

  test('are fewer where there is nothing to compare', () => {
    const checks = (...stages: readonly CascadeStage[]) => plan(stages).map(({ check }) => check);
    expect(checks({ attack: 'noise' })).toEqual(['more-steps-not-weaker']);
    expect(checks({ attack: 'fgsm' })).not.toContain('more-steps-not-weaker');
    expect(checks({ attack: 'square' })).not.toContain('black-box-not-stronger');
    expect(checks({ attack: 'pgd' }, { attack: 'square' })).not.toContain('black-box-not-stronger');
    expect(checks({ attack: 'pgd' }, { attack: 'square', condition: 'uselessGradients' })).toContain(
      'black-box-not-stronger',
    );
  });

  test('have no noise where all of the box is allowed', () => {
    const whole: Budget = { norm: 'l2', epsilon: norms.l2.diameter(toyDims) };
    const stages = [bindStage({ attack: 'ddn' }, createBall(whole, toyDims))];
    const checks = planDiagnosis({ stages, budget: whole, dims: toyDims, targeted: false }).map(({ check }) => check);
    expect(checks).toEqual(['black-box-not-stronger', 'unbounded-reaches-chance', 'more-steps-not-weaker']);
  });

  test('never have more steps than an attack takes', () => {
    const more = plan([{ attack: 'square', options: { queries: 80_000 } }]).at(-1);
    expect(more).toMatchObject({ check: 'more-steps-not-weaker', stages: [{ options: { queries: 100_000 } }] });
  });
});

describe('a comparison', () => {
  const record = (sample: number, change: Partial<SampleRecord>) =>
    ({
      sample,
      label: 0,
      cleanPrediction: 0,
      cleanCorrect: true,
      robust: true,
      prediction: 0,
      ...change,
    }) as SampleRecord;
  const broken = { robust: false, prediction: 1 };
  const both = [record(0, broken), record(1, broken), record(2, {}), record(3, {})];
  const one = [record(0, broken), record(1, {}), record(2, {}), record(3, {})];

  test('fails where twice the steps break less', () => {
    const check = comparisons['more-steps-not-weaker'];
    expect(check({ attack: both, other: one, classes })).toMatchObject({ passed: false, value: 0.25, samples: 4 });
    expect(check({ attack: one, other: both, classes })).toMatchObject({ passed: true, value: 0.5 });
    expect(check({ attack: one, other: one, classes })).toMatchObject({ passed: true, value: 0.25 });
  });

  test('with noise fails where it breaks as much, and passes where nothing does', () => {
    const check = comparisons['random-noise-baseline'];
    expect(check({ attack: both, other: one, classes }).passed).toBe(true);
    expect(check({ attack: both, other: both, classes })).toMatchObject({ passed: false, value: 0.5, threshold: 0.5 });
    expect(check({ attack: one.slice(1), other: one.slice(1), classes }).passed).toBe(true);
  });

  test('in the whole box is about the samples that were right', () => {
    const wrong = record(4, { cleanCorrect: false, robust: false, prediction: 1 });
    const check = comparisons['unbounded-reaches-chance'];
    const other = [...one, ...Array<SampleRecord>(40).fill(wrong)];
    expect(check({ attack: other, other, classes })).toMatchObject({ passed: false, value: 0.75, threshold: 0.1 });
  });

  test('counts targets reached, where there are targets', () => {
    const toTarget = [record(0, { ...broken, target: 1 }), record(1, { ...broken, target: 2 })];
    const check = comparisons['random-noise-baseline']({ attack: toTarget, other: toTarget, classes });
    expect(check).toMatchObject({ value: 0.5, threshold: 0.5 });
  });

  test('without gradients counts what only they break', () => {
    const check = comparisons['black-box-not-stronger'];
    const left = [record(2, broken), record(3, {})];
    expect(check({ attack: both, other: left, classes })).toMatchObject({ passed: false, value: 0.25, samples: 4 });
    expect(check({ attack: both, other: [], classes })).toMatchObject({ passed: true, value: 0 });
  });
});
