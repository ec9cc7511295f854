import { float32, gatherBatch, type Tensor } from '@parallax/tensor';
import { describe, expect, test } from 'vitest';
import type { Judgements } from './judgements.ts';
import type { SampleRecord } from './record.ts';
import { decodeRecords, digestRecords, encodeRecords } from './record-lines.ts';
import { replay } from './replay.ts';
import { verify } from './verify.ts';

const sampleIds = [3, 8];
const clean = float32([2, 1, 1, 2], [0.49, 0.49, 0.4, 0.4]);
const stored = float32([2, 1, 1, 2], [0.515, 0.515, 0.41, 0.42]);
const common = { attack: 'pgd', budget: { norm: 'linf', epsilon: 8 / 255 }, seed: 5n, labels: [0, 0] } as const;

/** Judges by the mean pixel: class 1 above a threshold. */
function judge(threshold: number) {
  return async ({ data, dims }: Tensor<'float32'>): Promise<Judgements> => ({
    classes: Array.from({ length: dims[0] ?? 0 }, (_, row) =>
      ((data[2 * row] ?? 0) + (data[2 * row + 1] ?? 0)) / 2 > threshold ? 1 : 0,
    ),
  });
}

async function recordsOf(images = stored): Promise<readonly SampleRecord[]> {
  const counts = { attacked: true, cleanLoss: 0, forward: 12, backward: 10, zeroGradient: 0, nanGradient: 0 };
  const outcomes = [
    { ...counts, sampleId: 3, loss: 1, brokenBy: 'pgd', brokenAtStep: 2 },
    { ...counts, sampleId: 8, loss: Number.NaN, brokenBy: '' },
  ];
  const records = await verify({ ...common, clean, stored: images, outcomes, predict: judge(0.5) });
  // As they are read from a file.
  return decodeRecords(encodeRecords({ header: {}, records })).records;
}

async function replayed(change: Partial<Parameters<typeof replay>[0]> = {}) {
  const records = await recordsOf();
  return replay({ ...common, clean, stored, sampleIds, records, predict: judge(0.5), ...change });
}

test('a record that is replayed is as it was', async () => {
  expect(await replayed()).toEqual([]);
});

describe('what is changed in a record is found', () => {
  const changes: readonly Partial<SampleRecord>[] = [
    { sample: 4 },
    { label: 1 },
    { target: 1 },
    { cleanPrediction: 1 },
    { cleanCorrect: false },
    { robust: true },
    { robustUint8: true },
    { brokenBy: '' },
    { prediction: 0 },
    { predictionUint8: 0 },
    { verdictVotes: 1 },
    { l0: 1 },
    { l1: 0.05 },
    { l2: 0.03 },
    { linf: 0.025 },
    { overBudget: true },
    { seed: 6n },
    { inputSha256: '0' },
    { outputSha256: '0' },
  ];

  test.each(changes)('%o', async (change) => {
    const [first, ...rest] = await recordsOf();
    const records = [{ ...(first as SampleRecord), ...change }, ...rest];
    const differences = await replayed({ records });
    const [field, value] = Object.entries(change)[0] as [string, unknown];
    const expected = value === '' ? '""' : String(value);
    expect(differences).toContainEqual(expect.objectContaining({ field, expected }));
    expect(differences.every(({ sample }) => sample === records[0]?.sample)).toBe(true);
  });

  test.each([
    { loss: 2 },
    { brokenAtStep: 1 },
    { forward: 1 },
    { backward: 1 },
    { zeroGradient: 1 },
    { nanGradient: 1 },
  ])('%o, by the digest of all lines', async (change) => {
    const [first, ...rest] = await recordsOf();
    const changed = [{ ...(first as SampleRecord), ...change }, ...rest];
    expect(digestRecords(changed)).not.toBe(digestRecords(await recordsOf()));
  });
});

test('what is no image is replayed as it is stored, and as not broken', async () => {
  const spoiled = float32([2, 1, 1, 2], [Number.NaN, 0.515, 1.25, -0.5]);
  const records = await recordsOf(spoiled);
  expect(records).toMatchObject([
    { robust: true, overBudget: true, brokenBy: '', prediction: 0, l0: 2, linf: Number.NaN },
    { robust: true, overBudget: true, brokenBy: '', prediction: 0, l0: 2, linf: expect.closeTo(0.9, 6) },
  ]);
  expect(await replayed({ stored: spoiled, records })).toEqual([]);
  // Clipped into the box it would be another record.
  const clipped = float32([2, 1, 1, 2], [0, 0.515, 1, 0]);
  expect(await replayed({ stored: clipped, records })).not.toEqual([]);
});

test('other images, other labels and another encoder are found', async () => {
  const other = float32([2, 1, 1, 2], [0.515, 0.515, 0.41, 0.43]);
  const fields = (differences: Awaited<ReturnType<typeof replayed>>) =>
    differences.map(({ sample, field }) => `${sample} ${field}`);
  expect(fields(await replayed({ stored: other }))).toEqual(['8 l1', '8 l2', '8 linf', '8 outputSha256']);
  expect(fields(await replayed({ clean: gatherBatch(clean, [1, 0]) }))).toContain('3 inputSha256');
  expect(fields(await replayed({ labels: [0, 1] }))).toContain('8 label');
  expect(fields(await replayed({ predict: judge(0.6) }))).toEqual([
    '3 robust',
    '3 robustUint8',
    '3 brokenBy',
    '3 brokenAtStep',
    '3 prediction',
    '3 predictionUint8',
  ]);
});
