import { putImageSet } from '@parallax/datasets';
import { AttackSpec, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { EncoderRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { RecipeSize } from '@parallax/proto/parallax/encoder/v1/training_run';
import type { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import {
  ExperimentServiceService,
  type WatchExperimentResponse,
} from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { Plan, PlannedAttack, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import { MeasurementKind } from '@parallax/proto/parallax/metrics/v1/measurement';
import { type Client, createClient, type RpcServer } from '@parallax/rpc';
import { openState, type State } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import { float32 } from '@parallax/tensor';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createExperimentServer } from './server.ts';
import { type FakeBehaviour, FakePeers } from './testing/fake-peers.ts';

const classes = Array.from({ length: 10 }, (_, index) => `class ${index}`);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let state: State;
let behaviour: FakeBehaviour;
let peers: FakePeers;
let server: RpcServer;
let client: Client<ExperimentServiceService>;
let clean: string;

/** Four images, each all of one brightness (in tenths), all of class 3. */
async function imageSet(tenths: readonly number[]): Promise<string> {
  const images = float32(
    [4, 1, 2, 2],
    tenths.flatMap((value) => Array<number>(4).fill(value / 10)),
  );
  const set = { classes, images, labels: Int32Array.of(3, 3, 3, 3), sampleIds: Int32Array.of(0, 1, 2, 3) };
  return putImageSet(state.artifacts, set, {});
}

beforeAll(async () => {
  folder = await temporaryFolder();
  state = await openState({ home: folder.path });
  clean = `artifact:${await imageSet([3, 3, 3, 5])}`;
  behaviour = { adversarialSetDigest: await imageSet([3, 1, 1, 1]) };
  peers = await FakePeers.start(behaviour);
  await start();
});

async function start(): Promise<void> {
  const { address } = peers;
  const encoders = new Map(['sl', 'cl'].map((paradigm) => [paradigm, address]));
  const config = {
    host: '127.0.0.1',
    port: 0,
    dataDir: undefined,
    encoders,
    attack: address,
    probe: address,
    metrics: address,
  };
  server = await createExperimentServer(config, { ...state, logger: silentLogger });
  client = createClient(ExperimentServiceService, server.address);
}

async function untilTrained(trainings: number): Promise<void> {
  while (peers.trainings.length < trainings) await new Promise((resolve) => setTimeout(resolve, 10));
}

beforeEach(() => {
  delete behaviour.failing;
  delete behaviour.endless;
  for (const list of [peers.trainings, peers.probes, peers.attacks, peers.measurements, peers.cancelled])
    list.length = 0;
});
afterAll(async () => {
  client?.close();
  await server?.close();
  await peers?.close();
  await state?.close();
  await folder?.[Symbol.asyncDispose]();
});

function plan(change: Partial<Plan> = {}): Plan {
  const training = (paradigm: Paradigm) =>
    ({ $case: 'training', value: { paradigm, size: RecipeSize.TINY, overrides: {} } }) as const;
  const attack = { ...AttackSpec.create({ name: 'pgd' }), budget: { norm: Norm.LINF, epsilon: 0.1 } };
  return {
    ...Plan.create({ attackSamples: 4, seed: 7n }),
    trainDataset: { name: clean },
    testDataset: { name: clean },
    encoders: [
      { ...PlannedEncoder.create({ name: 'sl-tiny' }), source: training(Paradigm.SL) },
      { ...PlannedEncoder.create({ name: 'cl-tiny' }), source: training(Paradigm.CL) },
    ],
    attacks: [{ ...PlannedAttack.create({ name: 'pgd-1' }), attack }],
    ...change,
  };
}

async function finish(
  given: Plan,
): Promise<{ readonly events: readonly WatchExperimentResponse[]; readonly last: Experiment | undefined }> {
  const { experiment } = await client.createExperiment({ plan: given, requestId: '' });
  const events: WatchExperimentResponse[] = [];
  for await (const event of client.watchExperiment({ id: experiment?.run?.id ?? '' })) events.push(event);
  const last = events.at(-1)?.event;
  return { events, last: last?.$case === 'snapshot' ? last.value : undefined };
}

describe('an experiment', () => {
  it('trains, probes, attacks, asks everybody about everybody, and records what it measured', async () => {
    const { last, events } = await finish(plan());
    expect(last?.run?.state).toBe(RunState.SUCCEEDED);
    expect(
      last?.result?.encoders.map(({ name, probeAccuracy, headDigest }) => [name, probeAccuracy?.successes, headDigest]),
    ).toEqual([
      ['sl-tiny', 41, 'head-1'],
      ['cl-tiny', 42, 'head-2'],
    ]);
    expect(last?.result?.rawPixels?.successes).toBe(40);
    // Clean: three of four are as bright as their class says. Adversarial: one of four.
    const cells = last?.result?.cells.map(({ attack, source, target, accuracy }) => [
      attack,
      source,
      target,
      accuracy?.successes,
    ]);
    expect(cells).toEqual([
      ['', '', 'sl-tiny', 3],
      ['', '', 'cl-tiny', 3],
      ['pgd-1', 'sl-tiny', 'sl-tiny', 1],
      ['pgd-1', 'sl-tiny', 'cl-tiny', 1],
      ['pgd-1', 'cl-tiny', 'sl-tiny', 1],
      ['pgd-1', 'cl-tiny', 'cl-tiny', 1],
    ]);
    expect(last?.result?.strips[0]).toMatchObject({
      labels: [3, 3, 3, 3],
      predictions: [{ encoder: 'sl-tiny', clean: [3, 3, 3, 5], adversarial: [3, 1, 1, 1] }, { encoder: 'cl-tiny' }],
    });
    expect(peers.attacks[0]?.spec?.attack?.selection).toBe(Selection.TRANSFER);
    expect(peers.attacks[0]?.spec?.sources[0]?.head?.head).toEqual({ $case: 'artifactDigest', value: 'head-1' });
    const kinds = peers.measurements.map(({ kind }) => kind);
    const count = (kind: MeasurementKind): number => kinds.filter((each) => each === kind).length;
    expect(
      [
        MeasurementKind.USEFULNESS,
        MeasurementKind.RAW_PIXELS,
        MeasurementKind.CLEAN,
        MeasurementKind.TRANSFER,
        MeasurementKind.ROBUSTNESS,
      ].map(count),
    ).toEqual([2, 1, 2, 4, 2]);
    expect(events[0]?.event?.$case).toBe('snapshot');
    const robust = peers.measurements.find(({ kind }) => kind === MeasurementKind.ROBUSTNESS)?.subject;
    expect(robust).toMatchObject({ attack: 'pgd-1', objective: 'cross-entropy', feature: 'natural', seed: 7n });
    expect(robust?.dataset).toBe(`${clean}:0-4`);
  });

  it('is the same experiment for the same request id', async () => {
    const [first, again] = [
      await client.createExperiment({ plan: plan(), requestId: 'once' }),
      await client.createExperiment({ plan: plan(), requestId: 'once' }),
    ];
    expect(again.experiment?.run?.id).toBe(first.experiment?.run?.id);
    for await (const _ of client.watchExperiment({ id: first.experiment?.run?.id ?? '' }));
    const { experiments } = await client.listExperiments({ pageSize: 0, pageToken: '', state: RunState.SUCCEEDED });
    expect(experiments.map(({ run }) => run?.id)).toContain(first.experiment?.run?.id);
    expect(experiments[0]?.result?.cells).toEqual([]);
  });

  it('fails with the error of what failed, and keeps what was done', async () => {
    behaviour.failing = { encoder: 'cl-tiny', message: 'the loss is NaN at step 3' };
    const { last } = await finish(plan());
    expect(last?.run).toMatchObject({
      state: RunState.FAILED,
      error: { code: 9, reason: 'TRAINING_DIVERGED', message: 'train cl-tiny: the loss is NaN at step 3' },
    });
    expect(last?.result?.encoders.map(({ name }) => name)).toEqual(['sl-tiny']);
    expect(peers.measurements.map(({ kind, subject }) => [kind, subject?.encoder])).toEqual([
      [MeasurementKind.DURATION, 'sl-tiny'],
    ]);
  });

  it('takes the run it waits for along when it is cancelled', async () => {
    behaviour.endless = 'sl-tiny';
    const { experiment } = await client.createExperiment({ plan: plan(), requestId: '' });
    const id = experiment?.run?.id ?? '';
    let end: RunState | undefined;
    let asked = false;
    for await (const { event } of client.watchExperiment({ id })) {
      if (peers.trainings.length > 0 && !asked) {
        asked = true;
        await client.cancelExperiment({ id });
      }
      if (event?.$case === 'snapshot') end = event.value.run?.state;
    }
    expect(end).toBe(RunState.CANCELLED);
    expect(peers.cancelled).toEqual(['sl-tiny']);
  });
});

describe('a service that stops', () => {
  it('leaves the run it waits for alone, and goes on from there when it is started again', async () => {
    behaviour.endless = 'cl-tiny';
    const { experiment } = await client.createExperiment({ plan: plan(), requestId: '' });
    const id = experiment?.run?.id ?? '';
    await untilTrained(2);
    client.close();
    await server.close(0);
    expect(peers.cancelled).toEqual([]);
    delete behaviour.endless;
    await start();
    const states: (RunState | undefined)[] = [];
    for await (const { event } of client.watchExperiment({ id })) {
      if (event?.$case === 'snapshot') states.push(event.value.run?.state);
    }
    expect(states.at(-1)).toBe(RunState.SUCCEEDED);
    const requestIds = peers.trainings.map(({ requestId }) => requestId);
    expect(requestIds).toEqual(['sl-tiny', 'cl-tiny', 'sl-tiny', 'cl-tiny'].map((name) => `${id}/train/${name}`));
  });
});

describe('a plan that cannot be carried out is refused with every bad field', () => {
  const attacked = (epsilon: number, name = 'pgd'): Partial<Plan> => ({
    attacks: [
      {
        ...PlannedAttack.create({ name: 'a' }),
        attack: { ...AttackSpec.create({ name }), budget: { norm: Norm.LINF, epsilon } },
      },
    ],
  });

  it.each([
    ['no encoders', { encoders: [] }, ['plan.encoders']],
    ['two bad numbers', { batchSize: -1, stripSamples: 65 }, ['plan.batch_size', 'plan.strip_samples']],
    [
      'a name twice',
      { encoders: [...plan().encoders, ...plan().encoders] },
      ['plan.encoders[2].name', 'plan.encoders[3].name'],
    ],
    ['more samples than there are', { attackSamples: 5 }, ['plan.attack_samples']],
    ['eps 0', attacked(0), ['plan.attacks[0].attack.budget.epsilon']],
    ['eps above 1', attacked(1.5), ['plan.attacks[0].attack.budget.epsilon']],
    ['a negative seed', { seed: -1n }, ['plan.seed']],
  ])('%s', async (_, change, fields) => {
    const refused = await client
      .createExperiment({ plan: plan(change), requestId: '' })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 'INVALID_ARGUMENT', violations: fields.map((field) => ({ field })) });
  });

  it('an unknown attack or dataset', async () => {
    const create = (change: Partial<Plan>) => client.createExperiment({ plan: plan(change), requestId: '' });
    await expect(create(attacked(0.1, 'nonsense'))).rejects.toMatchObject({
      status: 'NOT_FOUND',
      reason: 'ATTACK_NOT_FOUND',
    });
    await expect(create({ testDataset: { name: 'nowhere:test' } })).rejects.toMatchObject({
      status: 'NOT_FOUND',
      reason: 'DATASET_NOT_FOUND',
    });
  });

  it('an unknown existing encoder', async () => {
    const existing = { $case: 'existing', value: EncoderRef.create({ name: 'nobody' }) } as const;
    const encoders = [{ ...PlannedEncoder.create({ name: 'mine' }), source: existing }];
    await expect(client.createExperiment({ plan: plan({ encoders }), requestId: '' })).rejects.toMatchObject({
      status: 'NOT_FOUND',
      reason: 'ENCODER_NOT_FOUND',
    });
  });

  it('an unknown experiment', async () => {
    await expect(client.getExperiment({ id: 'none' })).rejects.toMatchObject({
      status: 'NOT_FOUND',
      reason: 'EXPERIMENT_NOT_FOUND',
    });
  });
});
