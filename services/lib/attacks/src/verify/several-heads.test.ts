import { float32, type Tensor } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import type { SampleOutcome } from '../near/outcome.ts';
import { agreedClass } from './agreed-class.ts';
import type { Predict } from './judgements.ts';
import { decodeRecords, encodeRecords } from './record-lines.ts';
import { replay } from './replay.ts';
import { successDefinitions } from './success.ts';
import { summarize } from './summary.ts';
import { verify } from './verify.ts';

describe('what heads agree on', () => {
  it.each<[string, readonly number[], { readonly label: number; readonly target?: number }, number]>([
    ['a lone head speaks for itself', [4], { label: 1 }, 4],
    ['the label, where any head is right', [4, 1, 2], { label: 1 }, 1],
    ['what the first says, where all are wrong', [4, 2], { label: 1 }, 4],
    ['the target, where all say so', [2, 2], { label: 1, target: 2 }, 2],
    ['no target, where only some say so', [2, 3], { label: 1, target: 2 }, 3],
    ['the label, whatever the target', [2, 1], { label: 1, target: 2 }, 1],
  ])('is %s', (_, classes, wanted, expected) => {
    expect(agreedClass(classes, wanted)).toBe(expected);
  });
});

/** One pixel, brighter than the clean one: each head changes its mind at a brightness of its own. */
function head(threshold: number): Predict {
  return async ({ data }: Tensor<'float32'>) => ({ classes: [...data].map((pixel) => (pixel >= threshold ? 1 : 0)) });
}

const brightness = [0.2, 0.5, 0.9];
const clean = float32([3, 1, 1, 1], new Float32Array(3));
const stored = float32([3, 1, 1, 1], Float32Array.from(brightness));
const sampleIds = [3, 4, 5];
const outcomes = sampleIds.map((sampleId): SampleOutcome => {
  const counts = { forward: 2, backward: 1, zeroGradient: 0, nanGradient: 0 };
  return { sampleId, attacked: true, cleanLoss: 0, loss: 1, brokenBy: '', ...counts };
});
const request = {
  attack: 'pgd',
  budget: { norm: 'linf', epsilon: 1 } as const,
  seed: 3,
  clean,
  stored,
  labels: [0, 0, 0],
  outcomes,
  predict: head(0.4),
  others: [head(0.8)],
};

describe('several heads', () => {
  it('count a sample as broken when every one is misled', async () => {
    const records = await verify(request);
    expect(records.map(({ robust, prediction, brokenBy }) => [robust, prediction, brokenBy])).toEqual([
      [true, 0, ''],
      [true, 0, ''],
      [false, 1, 'pgd'],
    ]);
    const each = { cleanPrediction: 0, prediction: 0, predictionUint8: 0 };
    expect(records[1]?.heads).toEqual([{ ...each, prediction: 1, predictionUint8: 1 }, each]);
    expect((await verify({ ...request, others: [] }))[1]).toMatchObject({ robust: false, prediction: 1 });
    expect((await verify({ ...request, others: [] }))[1]).not.toHaveProperty('heads');
  });

  it('are counted one by one', async () => {
    expect(summarize(await verify(request), 'linf').heads).toEqual([
      { cleanCorrect: 3, adversarialCorrect: 1 },
      { cleanCorrect: 3, adversarialCorrect: 2 },
    ]);
    // What is over budget is as if it were clean.
    const budget = { norm: 'linf', epsilon: 0.6 } as const;
    expect(
      summarize(await verify({ ...request, budget }), 'linf').heads?.map((each) => each.adversarialCorrect),
    ).toEqual([2, 3]);
    expect(summarize(await verify({ ...request, others: [] }), 'linf')).not.toHaveProperty('heads');
  });

  it('are right on a clean image where any is', async () => {
    const contrary: Predict = async (images) => ({ classes: [...images.data].map(() => 1) });
    const [first, , last] = await verify({ ...request, others: [contrary] });
    expect(first).toMatchObject({ cleanCorrect: true, robust: true });
    expect(last).toMatchObject({ cleanCorrect: true, robust: false });
    const [lost] = await verify({ ...request, predict: contrary, others: [contrary] });
    expect(lost).toMatchObject({ cleanCorrect: false, robust: false, brokenBy: '' });
  });

  it('reach a target together', async () => {
    const records = await verify({ ...request, targets: [1, 1, 1] });
    expect(records.map(successDefinitions.targeted)).toEqual([false, false, true]);
  });

  it('have votes of their own where they are stochastic', async () => {
    const voting: Predict = async (images) => ({
      classes: [...images.data].map(() => 1),
      votes: [...images.data].map(
        () =>
          new Map([
            [0, 1],
            [1, 4],
          ]),
      ),
    });
    const [record] = await verify({ ...request, others: [voting] });
    expect(record).not.toHaveProperty('verdictVotes');
    expect(record?.heads?.[0]).not.toHaveProperty('verdictVotes');
    expect(record?.heads?.[1]).toMatchObject({ prediction: 1, verdictVotes: 4, verdictDraws: 5 });
  });

  it('are written down, read again, and replayed', async () => {
    const records = await verify(request);
    const text = encodeRecords({ header: {}, records });
    expect(decodeRecords(text).records).toEqual(records);
    const changed = text.replace('"prediction":1,"predictionUint8":1}', '"prediction":"?","predictionUint8":1}');
    expect(() => decodeRecords(changed)).toThrow('records: line 3: heads[0].prediction: expected a number');
    expect(() => decodeRecords(text.replace('"heads":[', '"heads":[7,'))).toThrow('heads[0]: expected the verdict');
    const { outcomes: _, ...rest } = request;
    expect(await replay({ ...rest, sampleIds, records })).toEqual([]);
    expect(await replay({ ...rest, sampleIds, records, others: [head(0.95)] })).toContainEqual({
      sample: 5,
      field: 'heads[1].prediction',
      expected: '1',
      got: '0',
    });
  });
});
