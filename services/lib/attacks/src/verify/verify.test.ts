import { float32, gatherBatch, type Tensor } from '@parallax/tensor';
import { describe, expect, test } from 'vitest';
import type { Budget } from '../budget.ts';
import { diagnose, diagnoseStages } from '../diagnosis/diagnose.ts';
import type { SampleOutcome } from '../near/outcome.ts';
import type { Judgements } from './judgements.ts';
import { isOverBudget, measure } from './measure.ts';
import type { SampleRecord } from './record.ts';
import { decodeRecords, encodeRecords } from './record-lines.ts';
import { roundToUint8 } from './round-to-uint8.ts';
import { summarize } from './summary.ts';
import { type VerifyRequest, verify } from './verify.ts';

const pixels = 12;
const budget: Budget = { norm: 'linf', epsilon: 8 / 255 };

/** Judges by the mean pixel: class 1 above one half. */
async function predict(images: Tensor<'float32'>): Promise<Judgements> {
  const count = images.dims[0] ?? 0;
  return {
    classes: Array.from({ length: count }, (_, row) => {
      const row64 = Array.from(images.data.subarray(row * pixels, (row + 1) * pixels));
      if (!row64.every((value) => value >= 0 && value <= 1)) throw new Error('asked for the class of what is no image');
      return row64.reduce((sum, value) => sum + value, 0) / pixels > 0.5 ? 1 : 0;
    }),
  };
}

function image(value: number | readonly number[]): Tensor<'float32'> {
  return float32([1, 3, 2, 2], typeof value === 'number' ? Array<number>(pixels).fill(value) : value);
}

function outcome(sampleId: number, rest: Partial<SampleOutcome> = {}): SampleOutcome {
  return {
    sampleId,
    attacked: true,
    cleanLoss: 0.5,
    loss: 1,
    brokenBy: 'pgd',
    brokenAtStep: 3,
    forward: 12,
    backward: 10,
    zeroGradient: 0,
    nanGradient: 0,
    ...rest,
  };
}

async function verifyOne(
  clean: Tensor<'float32'>,
  stored: Tensor<'float32'>,
  rest: Partial<VerifyRequest> = {},
): Promise<SampleRecord> {
  const [record] = await verify({
    attack: 'pgd',
    budget,
    seed: 5,
    clean,
    stored,
    labels: [0],
    outcomes: [outcome(7)],
    predict,
    ...rest,
  });
  if (record === undefined) throw new Error('expected a record');
  return record;
}

describe('a measure', () => {
  test('has all norms in float64', () => {
    const change = [0.25, -0.5, 0, 0.125, ...Array<number>(8).fill(0)];
    const clean = image(0.5);
    const stored = image(change.map((value) => 0.5 + value));
    expect(measure(clean.data, stored.data)).toEqual({
      l0: 3,
      l1: 0.875,
      l2: Math.hypot(0.25, 0.5, 0.125),
      linf: 0.5,
      isImage: true,
    });
  });

  test.each([
    [1e-5 - 1e-9, false],
    [1e-5 + 1e-9, true],
    [1e-4, true],
    [0, false],
    [-0.5, false],
  ])('may exceed epsilon by 1e-5 relative (%f)', (excess, over) => {
    const size = { l0: 1, l1: 0, l2: 0, linf: budget.epsilon * (1 + excess), isImage: true };
    expect(isOverBudget(size, budget)).toBe(over);
  });
});

describe('a record', () => {
  test('of a broken sample', async () => {
    const record = await verifyOne(image(0.49), image(0.52));
    expect(record).toMatchObject({
      sample: 7,
      label: 0,
      cleanPrediction: 0,
      cleanCorrect: true,
      robust: false,
      robustUint8: false,
      brokenBy: 'pgd',
      brokenAtStep: 3,
      prediction: 1,
      predictionUint8: 1,
      loss: 1,
      l0: 12,
      overBudget: false,
      forward: 12,
      backward: 10,
      seed: 5,
    });
    expect(record.linf).toBeCloseTo(0.03, 7);
    expect(record.l2).toBeCloseTo(0.03 * Math.sqrt(12), 6);
    expect(record.l1).toBeCloseTo(0.36, 6);
    expect(record.inputSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(record.outputSha256).not.toBe(record.inputSha256);
    expect(record).not.toHaveProperty('target');
  });

  test('of a sample that the attack says it broke, and did not', async () => {
    const record = await verifyOne(image(0.4), image(0.42));
    expect(record).toMatchObject({ robust: true, robustUint8: true, brokenBy: '', prediction: 0 });
    expect(record).not.toHaveProperty('brokenAtStep');
  });

  test('of a sample that was wrong clean is not robust, and not broken', async () => {
    const record = await verifyOne(image(0.6), image(0.61));
    expect(record).toMatchObject({ cleanCorrect: false, robust: false, robustUint8: false, brokenBy: '' });
  });

  test('of a sample that only breaks before rounding', async () => {
    // On average above one half, but most of it is lost in rounding down.
    const stored = image([128.4 / 255, ...Array<number>(11).fill(127.49 / 255)]);
    const record = await verifyOne(image(0.49), stored);
    expect(record).toMatchObject({ prediction: 1, predictionUint8: 0, robust: false, robustUint8: true });
  });

  test.each([
    ['exceeds epsilon by 1e-4 relative', image(Math.fround(0.49) + budget.epsilon * (1 + 1e-4))],
    ['leaves the box', image([1.0001, ...Array<number>(11).fill(0.5)])],
    ['is below the box', image([-1e-7, ...Array<number>(11).fill(0.5)])],
    ['holds a NaN', image([Number.NaN, ...Array<number>(11).fill(0.9)])],
    ['holds an infinity', image([Number.POSITIVE_INFINITY, ...Array<number>(11).fill(0.9)])],
  ])('of an image that %s counts as not broken', async (_, stored) => {
    const record = await verifyOne(image(0.49), stored);
    expect(record).toMatchObject({ overBudget: true, robust: true, robustUint8: true, brokenBy: '' });
    expect(summarize([record], 'linf')).toMatchObject({
      budgetViolations: 1,
      robust: 1,
      adversarialCorrect: 1,
      success: { misclassified: 0, flipped: 0, broken: 0 },
    });
  });

  test('takes the clean prediction where what is stored is no image', async () => {
    const record = await verifyOne(image(0.49), image([2, ...Array<number>(11).fill(0.9)]));
    expect(record).toMatchObject({ prediction: 0, predictionUint8: 0 });
  });

  test('knows its target', async () => {
    const record = await verifyOne(image(0.49), image(0.52), { targets: [1] });
    expect(record.target).toBe(1);
    expect(summarize([record], 'l2').success.targeted).toBe(1);
  });
});

test('records come in the order of the samples, one for each', async () => {
  const clean = gatherBatch(image(0.49), [0, 0, 0]);
  const stored = float32(clean.dims, [...image(0.49).data, ...image(0.52).data, ...image(0.48).data]);
  const outcomes = [outcome(3), outcome(1), outcome(2)];
  const records = await verify({ attack: 'pgd', budget, seed: 1, clean, stored, labels: [0, 0, 1], outcomes, predict });
  expect(records.map(({ sample, robust }) => [sample, robust])).toEqual([
    [3, true],
    [1, false],
    [2, false],
  ]);
  expect(summarize(records, 'linf')).toEqual({
    samples: 3,
    cleanCorrect: 2,
    robust: 1,
    robustUint8: 1,
    adversarialCorrect: 1,
    budgetViolations: 0,
    success: { misclassified: 2, flipped: 1, broken: 1, targeted: 0 },
    forward: 36,
    backward: 30,
    largestNorm: records[1]?.linf,
  });
});

test('stored images of another shape are refused', async () => {
  await expect(verifyOne(image(0.5), gatherBatch(image(0.5), [0, 0]))).rejects.toThrow('stored: expected [1, 3, 2, 2]');
});

test('rounding keeps images that are multiples of 1/255', () => {
  const exact = float32(
    [256],
    Array.from({ length: 256 }, (_, level) => level / 255),
  );
  expect(roundToUint8(exact)).toEqual(exact);
  expect([...roundToUint8(float32([2], [0.5 / 255 - 1e-6, 254.6 / 255])).data]).toEqual([0, 1]);
});

test('a sample is broken by the stage that says so', async () => {
  const record = await verifyOne(image(0.49), image(0.52), { attack: 'cascade', outcomes: [outcome(7)] });
  expect(record.brokenBy).toBe('pgd');
  const unseen = outcome(7, { brokenBy: '' });
  expect((await verifyOne(image(0.49), image(0.52), { attack: 'cascade', outcomes: [unseen] })).brokenBy).toBe(
    'cascade',
  );
});

describe('record lines', () => {
  const header = { format: 1, attack: 'pgd', options: { steps: 10 } };

  test('are read as they were written', async () => {
    const records = [
      await verifyOne(image(0.49), image(0.52), { targets: [1], seed: 2n ** 63n }),
      await verifyOne(image(0.49), image(0.52), { outcomes: [outcome(9, { loss: Number.NaN })] }),
      await verifyOne(image(0.49), image([Number.NaN, ...Array<number>(11).fill(0.5)])),
    ];
    const text = encodeRecords({ header, records });
    expect(text.split('\n')).toHaveLength(5);
    expect(decodeRecords(text)).toEqual({ header, records });
  });

  test.each([
    ['', 'records: expected a header line, got nothing'],
    ['[]\n', 'records: line 1: expected an object'],
    ['{}\n{"sample":', 'records: line 2: expected JSON'],
    ['{}\n{"sample":"x"}', 'records: line 2: sample: expected a number'],
    ['{}\n{"sample":1,"extra":2}', 'records: line 2: extra: expected no such field'],
    ['{"format":1}', 'records: line 1: expected its end'],
  ])('%j is refused', (text, message) => {
    expect(() => decodeRecords(text)).toThrow(message);
  });

  test('without a field are refused', async () => {
    const { robust: _, ...rest } = await verifyOne(image(0.49), image(0.52));
    expect(() => decodeRecords(`{}\n${JSON.stringify(rest)}\n`)).toThrow('line 2: robust: expected a boolean');
  });
});

describe('diagnostics', () => {
  const healthy = [outcome(1), outcome(2), outcome(3, { attacked: false, loss: 0.5, backward: 0 })];

  test('pass for an attack that works', () => {
    expect(diagnose(healthy).map(({ passed, value }) => [passed, value])).toEqual([
      [true, 0],
      [true, 0],
      [true, 1],
    ]);
    expect(diagnose([]).every(({ passed }) => passed)).toBe(true);
  });

  test('name what does not', () => {
    const failed = (outcomes: readonly SampleOutcome[], perStep = 1): readonly string[] =>
      diagnose(outcomes, perStep).flatMap(({ name, passed }) => (passed ? [] : [name]));
    expect(failed([outcome(1, { zeroGradient: 2 })])).toEqual(['zero-gradient-rate']);
    expect(failed([outcome(1, { zeroGradient: 1 })])).toEqual([]);
    expect(failed([outcome(1, { zeroGradient: 1 })], 2)).toEqual(['zero-gradient-rate']);
    expect(failed([outcome(1, { nanGradient: 1 })])).toEqual(['nan-gradient-rate']);
    expect(failed([...healthy, outcome(4, { loss: 0.5 })])).toEqual(['loss-increases']);
  });

  test('compare stages with and without gradients', async () => {
    const brokenBy = (name: string) =>
      verifyOne(image(0.49), image(0.52), { outcomes: [outcome(7, { brokenBy: name })] });
    const records = [await brokenBy('pgd'), await brokenBy('pgd'), await brokenBy('square')];
    const stages = [
      { name: 'pgd', takesGradients: true },
      { name: 'square', takesGradients: false },
    ];
    expect(diagnoseStages(records.slice(0, 2), stages)).toMatchObject([{ passed: true, value: 0 }]);
    expect(diagnoseStages(records, stages)).toMatchObject([{ passed: false, value: 1 / 3 }]);
    expect(diagnoseStages(records, stages.slice(0, 1))).toEqual([]);
    expect(diagnoseStages(records, stages.slice(1))).toEqual([]);
  });
});
