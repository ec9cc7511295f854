import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { openDataset } from '@parallax/datasets';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { OptionValue } from '@parallax/proto/parallax/common/v1/option';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { PredictRequest } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { RecipeSize, type TrainingRun, TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { collect, failureOf } from '@parallax/rpc/testing';
import { decodeTensor, encodeTensor, sliceBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';

let encoder: RunningEncoder;
beforeAll(async () => {
  encoder = await startEncoder('sl');
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

const number = (value: number): OptionValue => ({ value: { $case: 'number', value } });

/** Four steps on 256 images. */
function spec(change: Partial<TrainingRunSpec> = {}): TrainingRunSpec {
  return {
    ...TrainingRunSpec.create({ paradigm: Paradigm.SL, dataset: { name: 'shapes:train:0-256' } }),
    name: 'short',
    overrides: { epochs: number(1) },
    ...change,
  };
}

async function create(request: TrainingRunSpec, requestId = ''): Promise<string> {
  const { trainingRun } = await encoder.client.createTrainingRun({ spec: request, requestId });
  return trainingRun?.run?.id ?? '';
}

async function follow(id: string): Promise<readonly TrainingRun[]> {
  const responses = await collect(encoder.client.watchTrainingRun({ id }));
  return responses.flatMap(({ trainingRun }) => (trainingRun === undefined ? [] : [trainingRun]));
}

async function train(request: TrainingRunSpec): Promise<TrainingRun | undefined> {
  return (await follow(await create(request))).at(-1);
}

/** Artifacts in the store, without what is being written. */
async function artifactCount(): Promise<number> {
  const files = await readdir(path.join(encoder.home, 'artifacts'), { recursive: true, withFileTypes: true });
  return files.filter((file) => file.isFile()).length;
}

describe('a training run', () => {
  it('is cancelled within a step, and leaves nothing behind', async () => {
    const before = await artifactCount();
    const id = await create(spec({ name: 'long', overrides: { epochs: number(1000) } }));
    for await (const { trainingRun } of encoder.client.watchTrainingRun({ id })) {
      if ((trainingRun?.run?.progress?.done ?? 0n) >= 1n)
        await encoder.client.cancelTrainingRun({ id }).catch(() => {});
    }
    const { trainingRun } = await encoder.client.getTrainingRun({ id });
    expect(trainingRun?.run?.state).toBe(RunState.CANCELLED);
    expect(trainingRun?.run?.progress?.total).toBe(4000n);
    expect(await artifactCount()).toBe(before);
    expect((await failureOf(encoder.client.getEncoder({ name: 'long' }))).reason).toBe('ENCODER_NOT_FOUND');
  });

  it('registers an encoder, and says on the way how far it is', async () => {
    const seen = await follow(await create(spec()));
    const last = seen.at(-1);
    expect(last?.run).toMatchObject({
      state: RunState.SUCCEEDED,
      progress: { stage: 'train', done: 4n, total: 4n, unit: 'steps' },
    });
    expect(last?.result).toMatchObject({ encoder: 'short', reused: false, metrics: { epoch: 1, step: 4n } });
    expect(last?.result?.trainSeconds).toBeGreaterThan(0);
    expect(last?.metrics?.loss).toBeGreaterThan(0);
    const { encoder: card } = await encoder.client.getEncoder({ name: 'short' });
    expect(card).toMatchObject({
      bundleDigest: last?.result?.bundleDigest,
      classes: 10,
      provenance: { trainingRunId: last?.run?.id, dataset: 'shapes:train:0-256', recipe: 'supervised/tiny' },
    });
  });

  it('gives an encoder whose answers depend neither on the batch nor on the order', async () => {
    const dataset = await openDataset('shapes:test:0-64', { searchPaths: [] });
    const images = dataset.images(Array.from({ length: 64 }, (_, index) => index));
    const logitsOf = async (start: number, end: number) => {
      const part = encodeTensor(sliceBatch(images, start, end));
      const { logits } = await encoder.client.predict({ ...PredictRequest.create({ encoder: 'short' }), images: part });
      return decodeTensor(logits as NonNullable<typeof logits>);
    };
    const whole = await logitsOf(0, 64);
    for (const [start, end] of [
      [0, 1],
      [13, 20],
      [5, 64],
    ] as const) {
      expect(await logitsOf(start, end)).toEqual(sliceBatch(whole, start, end));
    }
  });

  it('is not repeated when nothing that decides its result has changed', async () => {
    const { bundleDigest } = (await encoder.client.getEncoder({ name: 'short' })).encoder ?? {};
    const again = await train(spec({ name: 'twin' }));
    expect(again?.result).toMatchObject({ encoder: 'twin', bundleDigest, reused: true, trainSeconds: 0 });
    expect((await train(spec()))?.result).toMatchObject({ encoder: 'short', reused: true });
  });

  it('gives the name of another encoder to nobody', async () => {
    const taken = create(spec({ seed: 2n }));
    expect(await failureOf(taken)).toMatchObject({ status: 'ALREADY_EXISTS', reason: 'NAME_TAKEN' });
  });

  it('is the same run under the same request id', async () => {
    const id = await create(spec(), 'once');
    expect(await create(spec(), 'once')).toBe(id);
    const reused = await failureOf(create(spec({ name: 'another' }), 'once'));
    expect(reused).toMatchObject({ status: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
    const { trainingRuns } = await encoder.client.listTrainingRuns({ pageSize: 2, pageToken: '', state: 0 });
    expect(trainingRuns).toHaveLength(2);
    expect(trainingRuns[0]?.run?.id).toBe(id);
  });

  it('goes on after the service was stopped in the middle, and another seed gives another encoder', async () => {
    const id = await create(spec({ name: 'resumed', seed: 1n }));
    await encoder.restart();
    const { run, result } = (await follow(id)).at(-1) ?? {};
    expect(run?.state).toBe(RunState.SUCCEEDED);
    expect(result?.reused).toBe(false);
    expect(result?.bundleDigest).not.toBe((await encoder.client.getEncoder({ name: 'short' })).encoder?.bundleDigest);
  });

  it.each<[string, Partial<TrainingRunSpec>, string, readonly string[]]>([
    [
      'a name that is none, another paradigm, no dataset, a negative seed',
      { name: 'Short', paradigm: Paradigm.DM, dataset: undefined, seed: -1n },
      'INVALID_ARGUMENT',
      ['spec.name', 'spec.paradigm', 'spec.dataset', 'spec.seed'],
    ],
    ['a size without recipe', { size: RecipeSize.PAPER }, 'INVALID_ARGUMENT', ['spec.size']],
    [
      'unknown settings and such out of range',
      { overrides: { epochs: number(0), momentum: number(1) } },
      'INVALID_ARGUMENT',
      ['spec.overrides.momentum', 'spec.overrides.epochs'],
    ],
    [
      'a batch that cannot be split',
      { overrides: { batchSize: number(65) } },
      'INVALID_ARGUMENT',
      ['spec.overrides.batchSize'],
    ],
    ['fewer images than a batch', { dataset: { name: 'shapes:train:0-10' } }, 'INVALID_ARGUMENT', ['spec.dataset']],
    ['an unknown dataset', { dataset: { name: 'imagenet:train' } }, 'NOT_FOUND', []],
  ])('is refused for %s', async (_, change, status, fields) => {
    const failure = await failureOf(create(spec({ name: 'new', ...change })));
    expect(failure.status).toBe(status);
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });

  it('is not known under any other id', async () => {
    expect((await failureOf(encoder.client.getTrainingRun({ id: 'nothing' }))).reason).toBe('RUN_NOT_FOUND');
    expect((await failureOf(collect(encoder.client.watchTrainingRun({ id: 'nothing' })))).reason).toBe('RUN_NOT_FOUND');
  });
});
