import { EventEmitter, once } from 'node:events';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import {
  Augmentation,
  ProbeRecipe,
  type ProbeRun,
  ProbeRunSpec,
  type ProbeSource,
  Solver,
} from '@parallax/proto/parallax/probe/v1/probe_run';
import {
  CreateProbeRunRequest,
  EvaluateHeadRequest,
  ProbeServiceService,
} from '@parallax/proto/parallax/probe/v1/probe_service';
import { type Client, createClient, type RpcServer } from '@parallax/rpc';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { openState, type State } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createProbeServer } from './server.ts';
import { type FakeEncoder, startFakeEncoder } from './testing/fake-encoder-service.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let state: State;
let engine: Engine;
let encoderServer: RpcServer;
let server: RpcServer;
let client: Client<ProbeServiceService>;
const idle = async () => undefined;
const fake: FakeEncoder = { embedded: 0, beforeBatch: idle };

beforeAll(async () => {
  folder = await temporaryFolder();
  state = await openState({ home: folder.path });
  engine = createOnnxRuntimeEngine({ workers: 1 });
  encoderServer = await startFakeEncoder(engine, state.artifacts, fake);
  const encoders = new Map([['cl', encoderServer.address]]);
  const config = { host: '127.0.0.1', port: 0, dataDir: undefined, encoders };
  server = await createProbeServer(config, { ...state, engine, logger: silentLogger });
  client = createClient(ProbeServiceService, server.address);
});
afterAll(async () => {
  client?.close();
  await server?.close();
  await encoderServer?.close();
  await engine?.close();
  await state?.close();
  await folder?.[Symbol.asyncDispose]();
});
afterEach(() => {
  fake.beforeBatch = idle;
});

const pooled: ProbeSource = { source: { $case: 'encoder', value: EncoderRef.create({ name: 'pooled' }) } };
const rawPixels: ProbeSource = { source: { $case: 'rawPixels', value: {} } };

const specOf = (source: ProbeSource, recipe: Partial<ProbeRecipe> = {}, seed = 0n): ProbeRunSpec =>
  ProbeRunSpec.create({
    source,
    trainDataset: { name: 'shapes:train:0-240' },
    testDataset: { name: 'shapes:test:0-60' },
    recipe: ProbeRecipe.create(recipe),
    seed,
  });

const create = (spec: ProbeRunSpec, requestId = '') =>
  client.createProbeRun(CreateProbeRunRequest.create({ spec, requestId }));

async function ended(spec: ProbeRunSpec): Promise<ProbeRun> {
  const { probeRun } = await create(spec);
  return (await history(probeRun?.run?.id ?? '')).at(-1) as ProbeRun;
}

async function history(id: string): Promise<ProbeRun[]> {
  const seen: ProbeRun[] = [];
  for await (const { probeRun } of client.watchProbeRun({ id })) if (probeRun) seen.push(probeRun);
  return seen;
}

const evaluation = (source: ProbeSource, digest: string, more: Partial<EvaluateHeadRequest> = {}) =>
  EvaluateHeadRequest.create({
    source,
    head: { head: { $case: 'artifactDigest', value: digest } },
    dataset: { name: 'shapes:test:0-60' },
    ...more,
  });

describe('a probe run', () => {
  it('fits a head, stores it, and says how good it is', async () => {
    const { run, spec, result } = await ended(specOf(pooled));
    expect(run).toMatchObject({ state: RunState.SUCCEEDED, error: undefined });
    expect(spec?.recipe).toMatchObject({ solver: Solver.CONJUGATE_GRADIENTS, standardize: true });
    expect(result).toMatchObject({ featureDimension: 192, classes: 10, reused: false });
    expect(result?.trainAccuracy?.trials).toBe(240);
    expect(result?.trainAccuracy?.value).toBeGreaterThan(0.15);
    expect(result?.testAccuracy?.trials).toBe(60);
    expect(result?.testAccuracy?.interval?.lower).toBeLessThan(result?.testAccuracy?.value ?? 0);
    expect(result?.epochs).toBeGreaterThan(0);
    expect(result?.weightDecay).toBeGreaterThan(0);
    expect(await state.artifacts.has(result?.headDigest ?? '')).toBe(true);
  });

  it('is not repeated for an equal specification', async () => {
    const first = await ended(specOf(pooled));
    const before = fake.embedded;
    const second = await ended(specOf(pooled));
    expect(second.result).toEqual({ ...first.result, reused: true, fitSeconds: 0 });
    expect(fake.embedded).toBe(before);
    const other = await ended(specOf(pooled, {}, 1n));
    expect(other.result?.reused).toBe(false);
  });

  it('probes raw pixels in the same way', async () => {
    const { result } = await ended(specOf(rawPixels));
    expect(result).toMatchObject({ featureDimension: 3072, reused: false });
    const { accuracy } = await client.evaluateHead(evaluation(rawPixels, result?.headDigest ?? ''));
    expect(accuracy).toEqual(result?.testAccuracy);
  });

  it('follows the recipe of the paper', async () => {
    const recipe = { solver: Solver.SGD, epochs: 3, augmentation: Augmentation.WEAK };
    const before = fake.embedded;
    const { spec, result } = await ended(specOf(pooled, recipe));
    expect(spec?.recipe).toMatchObject({ batchSize: 256, momentum: 0.9, weightDecay: 5e-4, gradientClip: 5 });
    expect(result).toMatchObject({ epochs: 3, weightDecay: 5e-4 });
    // Once as they are, and once for each epoch.
    expect(fake.embedded - before).toBe(4 * 240);
  });

  it('shows progress', async () => {
    const { probeRun } = await create(specOf(pooled, { weightDecay: 0, epochs: 10_000 }));
    const id = probeRun?.run?.id ?? '';
    for await (const { probeRun: seen } of client.watchProbeRun({ id })) {
      if (seen?.run?.progress?.stage === 'fit') break;
    }
    const { probeRun: now } = await client.getProbeRun({ id });
    expect(now?.run?.progress).toMatchObject({ unit: 'passes', total: 10_000n });
    await client.cancelProbeRun({ id });
    expect((await history(id)).at(-1)?.run?.state).toBe(RunState.CANCELLED);
    await expect(client.cancelProbeRun({ id })).rejects.toMatchObject({ reason: 'RUN_ENDED' });
  });

  it('is cancelled while the encoder embeds, and leaves no head', async () => {
    const reached = new EventEmitter();
    fake.beforeBatch = () => {
      reached.emit('batch');
      return new Promise((resolve) => setTimeout(resolve, 500));
    };
    const batch = once(reached, 'batch');
    const { probeRun } = await create(specOf(pooled, {}, 77n));
    await batch;
    const id = probeRun?.run?.id ?? '';
    await client.cancelProbeRun({ id });
    const last = (await history(id)).at(-1);
    expect(last?.run?.state).toBe(RunState.CANCELLED);
    expect(last?.result).toBeUndefined();
  });

  it('fails with the error of the encoder service', async () => {
    fake.beforeBatch = async () => {
      throw new Error('broken');
    };
    const { run } = await ended(specOf(pooled, {}, 78n));
    expect(run).toMatchObject({ state: RunState.FAILED, error: { reason: 'INTERNAL' } });
  });

  it('is created once under a request id', async () => {
    const { probeRun: first } = await create(specOf(pooled), 'mine');
    const { probeRun: second } = await create(specOf(pooled), 'mine');
    expect(second?.run?.id).toBe(first?.run?.id);
    await expect(create(specOf(rawPixels), 'mine')).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    const { probeRuns } = await client.listProbeRuns({ pageSize: 1, pageToken: '', state: RunState.UNSPECIFIED });
    expect(probeRuns.map(({ run }) => run?.id)).toEqual([first?.run?.id]);
  });
});

describe('evaluating a head', () => {
  it('gives the same whatever the batch size, and names the images', async () => {
    const { result } = await ended(specOf(pooled));
    const head = result?.headDigest ?? '';
    const whole = await client.evaluateHead(evaluation(pooled, head));
    expect(whole.accuracy).toEqual(result?.testAccuracy);
    expect(whole.predictions).toHaveLength(60);
    expect(whole.meanLoss).toBeGreaterThan(0);
    expect(await client.evaluateHead(evaluation(pooled, head, { batchSize: 33 }))).toEqual(whole);
    const raw = await ended(specOf(rawPixels));
    const pixels = await client.evaluateHead(evaluation(rawPixels, raw.result?.headDigest ?? '', { batchSize: 33 }));
    expect(pixels.sampleSetDigest).toBe(whole.sampleSetDigest);
  });

  it.each<[string, EvaluateHeadRequest, object]>([
    [
      'no head for raw pixels',
      evaluation(rawPixels, '', { head: undefined }),
      { status: 'FAILED_PRECONDITION', reason: 'PART_MISSING' },
    ],
    [
      'an own head that is not there',
      evaluation(pooled, '', { head: undefined }),
      { status: 'FAILED_PRECONDITION', reason: 'PART_MISSING' },
    ],
    ['an unknown head', evaluation(rawPixels, '0'.repeat(64)), { status: 'NOT_FOUND', reason: 'HEAD_NOT_FOUND' }],
    ['a malformed digest', evaluation(rawPixels, 'xyz'), { violations: [{ field: 'head.artifact_digest' }] }],
    [
      'an unknown dataset',
      evaluation(rawPixels, '0'.repeat(64), { dataset: { name: 'nothing:test' } }),
      { status: 'NOT_FOUND', reason: 'DATASET_NOT_FOUND' },
    ],
    [
      'all bad fields at once',
      evaluation(rawPixels, 'xyz', { source: undefined, dataset: undefined, seed: -1n, draws: -1, batchSize: 9999 }),
      {
        violations: [
          { field: 'source' },
          { field: 'head.artifact_digest' },
          { field: 'dataset' },
          { field: 'seed' },
          { field: 'draws' },
          { field: 'batch_size' },
        ],
      },
    ],
  ])('refuses %s', async (_, request, error) => {
    await expect(client.evaluateHead(request)).rejects.toMatchObject(error);
  });

  it('refuses a head for other features', async () => {
    const { result } = await ended(specOf(pooled));
    await expect(client.evaluateHead(evaluation(rawPixels, result?.headDigest ?? ''))).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      violations: [{ field: 'head' }],
    });
  });
});

describe('creating a run', () => {
  const stranger: ProbeSource = { source: { $case: 'encoder', value: EncoderRef.create({ name: 'stranger' }) } };

  it.each<[string, ProbeRunSpec, object]>([
    [
      'an unknown encoder',
      specOf(stranger),
      { status: 'NOT_FOUND', reason: 'ENCODER_NOT_FOUND', facts: { encoder: 'stranger' } },
    ],
    [
      'an unknown dataset',
      { ...specOf(pooled), trainDataset: { name: 'shapes:validation' } },
      { status: 'NOT_FOUND', reason: 'DATASET_NOT_FOUND' },
    ],
    [
      'a range beyond the dataset',
      { ...specOf(pooled), testDataset: { name: 'shapes:test:0-100000' } },
      { status: 'INVALID_ARGUMENT' },
    ],
    [
      'settings that the solver would not use',
      specOf(pooled, { learningRate: 0.1, augmentation: Augmentation.WEAK }),
      {
        status: 'INVALID_ARGUMENT',
        violations: [{ field: 'spec.recipe.learning_rate' }, { field: 'spec.recipe.augmentation' }],
      },
    ],
    [
      'settings out of range',
      specOf(
        pooled,
        { solver: Solver.SGD, epochs: 0, batchSize: 0, learningRate: 0, momentum: 1, weightDecay: -1, gradientClip: 0 },
        -1n,
      ),
      {
        violations: [
          { field: 'spec.recipe.epochs' },
          { field: 'spec.recipe.batch_size' },
          { field: 'spec.recipe.learning_rate' },
          { field: 'spec.recipe.momentum' },
          { field: 'spec.recipe.weight_decay' },
          { field: 'spec.recipe.gradient_clip' },
          { field: 'spec.seed' },
        ],
      },
    ],
  ])('refuses %s', async (_, spec, error) => {
    await expect(create(spec)).rejects.toMatchObject(error);
  });

  it('knows nothing of runs that do not exist', async () => {
    await expect(client.getProbeRun({ id: 'nobody' })).rejects.toMatchObject({
      status: 'NOT_FOUND',
      reason: 'RUN_NOT_FOUND',
    });
  });
});
