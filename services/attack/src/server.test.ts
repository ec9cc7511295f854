import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { cascades, decodeRecords, digestRecords, attacks as known, summarize } from '@parallax/attacks';
import { getImageSet, openDataset } from '@parallax/datasets';
import { type AttackRun, AttackRunSpec, TargetRule } from '@parallax/proto/parallax/attack/v1/attack_run';
import {
  type AttackRequest,
  type AttackResponse,
  AttackRequest_AttackBatch as Batch,
} from '@parallax/proto/parallax/attack/v1/attack_service';
import { AttackSpec, Placement, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { type EncoderRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { OptionType, type OptionValue } from '@parallax/proto/parallax/common/v1/option';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { Direction, type Objective } from '@parallax/proto/parallax/objective/v1/objective';
import { collect, failureOf } from '@parallax/rpc/testing';
import { decodeTensor, encodeTensor, float32 } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAttack, startAttack } from './testing/start-attack.ts';

let attack: RunningAttack;
beforeAll(async () => {
  attack = await startAttack();
});
afterAll(() => attack?.[Symbol.asyncDispose]());

const epsilon = 8 / 255;
const number = (value: number): OptionValue => ({ value: { $case: 'number', value } });
const featureMatching: Objective = {
  kind: { $case: 'featureMatching', value: { relative: false } },
  direction: Direction.AWAY,
};

function pgd(change: Partial<AttackSpec> = {}): AttackSpec {
  return {
    ...AttackSpec.create({ name: 'pgd', budget: { norm: Norm.LINF, epsilon } }),
    options: { steps: number(5) },
    ...change,
  };
}

function sourcesOf(name: string, { paradigm = Paradigm.UNSPECIFIED, address = '' }: Partial<EncoderRef> = {}) {
  return [{ encoder: { name, paradigm, address }, head: undefined, objective: undefined, weight: undefined }];
}

/** PGD on 24 of the images that the encoder was trained on. */
function spec(change: Partial<AttackRunSpec> = {}): AttackRunSpec {
  return {
    ...AttackRunSpec.create({ dataset: { name: 'shapes:train:10-34' }, seed: 5n }),
    sources: sourcesOf('short'),
    attack: pgd(),
    ...change,
  };
}

async function follow(id: string): Promise<readonly AttackRun[]> {
  const responses = await collect(attack.client.watchAttackRun({ id }));
  return responses.flatMap(({ attackRun }) => (attackRun === undefined ? [] : [attackRun]));
}

async function create(request: AttackRunSpec, requestId = ''): Promise<string> {
  const { attackRun } = await attack.client.createAttackRun({ spec: request, requestId });
  return attackRun?.run?.id ?? '';
}

async function run(request: AttackRunSpec) {
  const last = (await follow(await create(request))).at(-1);
  if (last?.result === undefined) throw new Error(`expected a result, got ${JSON.stringify(last?.run?.error)}`);
  return last.result;
}

async function recordsOf(digest: string) {
  return decodeRecords(new TextDecoder().decode(await attack.artifacts.get(digest)));
}

const hexDigest = expect.stringMatching(/^[0-9a-f]{64}$/);

const environment = () => ({ searchPaths: [], artifacts: attack.artifacts });

describe('the list of attacks', () => {
  it('describes each well enough for a form', async () => {
    const { attacks, nextPageToken } = await attack.client.listAttacks({ pageSize: 0, pageToken: '' });
    expect(nextPageToken).toBe('');
    expect(attacks.map(({ name }) => name).sort()).toEqual([...known, ...cascades].map(({ name }) => name).sort());
    const described = attacks.find(({ name }) => name === 'pgd');
    expect(described?.norms).toEqual([Norm.LINF, Norm.L2, Norm.L1]);
    expect(described?.defaultObjective?.kind?.$case).toBe('crossEntropy');
    expect(described?.placements).toEqual([Placement.NEAR, Placement.FAR]);
    expect(described?.options[0]).toMatchObject({ name: 'steps', type: OptionType.INTEGER, unit: 'steps', minimum: 1 });
  });

  it('comes in pages', async () => {
    const first = await attack.client.listAttacks({ pageSize: 3, pageToken: '' });
    const rest = await attack.client.listAttacks({ pageSize: 1000, pageToken: first.nextPageToken });
    expect([first.attacks.length, rest.attacks.length, rest.nextPageToken]).toEqual([
      3,
      known.length + cascades.length - 3,
      '',
    ]);
  });
});

describe('an attack run', () => {
  it('stores images within the budget, with a record each, and sums them up', async () => {
    const result = await run(spec());
    const clean = await openDataset('shapes:train:10-34', environment());
    const stored = await openDataset(`artifact:${result.adversarialSetDigest}`, environment());
    expect([stored.length, stored.labels, stored.sampleIds]).toEqual([24, clean.labels, clean.sampleIds]);
    const { header, records } = await recordsOf(result.recordDigest);
    expect(header).toMatchObject({
      format: 'parallax.attack-records/2',
      encoders: [{ name: 'short', paradigm: 'sl', sha256: hexDigest, head: 'own' }],
      dataset: { name: 'shapes:train:10-34', sha256: clean.digest, samples: 24 },
      attack: 'pgd',
      options: { steps: 5, stepSize: 0.5 * epsilon, randomStart: true, restarts: 1 },
      objective: { kind: 'crossEntropy' },
      budget: { norm: 'linf', epsilon },
      selection: 'verdict',
      draws: { gradient: 1, verdict: 1 },
      verdictRule: 'majority',
      seed: '5',
      versions: { node: process.version, engine: expect.stringMatching(/^onnxruntime 1/) },
      records: { count: 24, sha256: digestRecords(records) },
      adversarialSet: { sha256: result.adversarialSetDigest, images: { datatype: 'FP32', shape: [24, 3, 32, 32] } },
    });
    const { encoder } = await attack.encoders.getEncoder({ name: 'short' });
    expect(header['encoders']).toMatchObject([{ sha256: encoder?.bundleDigest, parts: { encode: hexDigest } }]);
    const { adversarialSet: _, ...told } = header;
    const { provenance } = await getImageSet(attack.artifacts, result.adversarialSetDigest);
    expect(provenance).toEqual(told);
    for (const [row, record] of records.entries()) {
      const before = clean.images([row]).data;
      const size = stored
        .images([row])
        .data.reduce((most, x, at) => Math.max(most, Math.abs(x - (before[at] ?? 0))), 0);
      expect(record.linf).toBe(size);
      expect(size).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
      if (!record.cleanCorrect) expect(record.l0).toBe(0);
    }
    const counts = summarize(records, 'linf');
    expect(result.summary).toMatchObject({
      samples: 24,
      budgetViolations: 0,
      success: counts.success,
      robust: { successes: counts.robust, trials: 24, interval: { level: 0.95 } },
      forward: BigInt(counts.forward),
      backward: BigInt(counts.backward),
    });
    expect(counts.cleanCorrect).toBeGreaterThan(0);
    expect(counts.robust).toBeLessThan(counts.cleanCorrect);
    expect(counts.forward).toBeLessThanOrEqual(Number(result.summary?.predictedForward));
    expect(result.summary?.diagnostics.map(({ name }) => name)).toContain('loss-increases');
  });

  it('is compared with others when asked to, at a cost of its own', async () => {
    const plain = await run(spec());
    const result = await run(spec({ diagnose: true, batchSize: 10 }));
    expect(result.adversarialSetDigest).not.toBe(plain.adversarialSetDigest);
    const { diagnostics = [], diagnosis, ...counts } = result.summary ?? {};
    expect(diagnostics.map(({ name }) => name)).toEqual([
      'zero-gradient-rate',
      'nan-gradient-rate',
      'loss-increases',
      'black-box-not-stronger',
      'random-noise-baseline',
      'unbounded-reaches-chance',
      'more-steps-not-weaker',
    ]);
    expect(diagnostics.filter(({ passed }) => !passed)).toEqual([]);
    expect(counts).toMatchObject({ forward: plain.summary?.forward, backward: plain.summary?.backward });
    expect(diagnosis?.samples).toBe(24);
    expect(diagnosis?.backward).toBeGreaterThan(0);
    const { header, records } = await recordsOf(result.recordDigest);
    expect(header['diagnostics']).toEqual(diagnostics.map(({ detail: _, ...measured }) => measured));
    expect(records).toEqual((await recordsOf(plain.recordDigest)).records);
  });

  describe('toward classes', () => {
    const toward: Objective = { kind: { $case: 'margin', value: { head: undefined } }, direction: Direction.TOWARD };
    const sources = sourcesOf('short').map((source) => ({ ...source, objective: toward }));
    const targeted = (change: Partial<AttackRunSpec>) => spec({ sources, ...change });

    it.each([TargetRule.LEAST_LIKELY, TargetRule.RANDOM])('takes those of a rule (%i)', async (targetRule) => {
      const result = await run(targeted({ targetRule }));
      const { header, records } = await recordsOf(result.recordDigest);
      expect(header['targets']).toBe(targetRule === TargetRule.RANDOM ? 'random' : 'leastLikely');
      expect(records.every(({ target = -1, label }) => target >= 0 && target < 10 && target !== label)).toBe(true);
      expect(result.summary?.success?.targeted).toBe(
        records.filter(({ target, prediction }) => target === prediction).length,
      );
      const parts = await run(targeted({ targetRule, batchSize: 7 }));
      expect(parts.recordDigest).toBe(result.recordDigest);
      expect(new Set(records.map(({ target }) => target)).size).toBeGreaterThan(1);
    });

    it('takes those of a list', async () => {
      const { labels } = await openDataset('shapes:train:10-34', environment());
      const targets = Array.from(labels, (label) => (label + 3) % 10);
      const { recordDigest } = await run(targeted({ targets, diagnose: true }));
      const { records } = await recordsOf(recordDigest);
      expect(records.map(({ target }) => target)).toEqual(targets);
    });

    it.each<[string, Partial<AttackRunSpec>, string]>([
      ['no targets', {}, 'target_rule: expected LISTED, LEAST_LIKELY or RANDOM, as the objective goes TOWARD a class'],
      ['too few', { targets: [1, 2] }, 'targets: expected 24 entries, one an image of shapes:train:10-34, got 2'],
      ['no class', { targets: Array<number>(24).fill(10) }, 'targets[0]: expected a class in [0, 10), got 10'],
      ['the label', { targets: Array<number>(24).fill(4) }, ': expected a class other than the label, got 4'],
      [
        'a list beside a rule',
        { targetRule: TargetRule.RANDOM, targets: [1] },
        'targets: expected none, as they are chosen (random), got 1',
      ],
      [
        'targets that nothing takes',
        { sources: sourcesOf('short'), targetRule: TargetRule.RANDOM },
        'target_rule: expected none, as no objective goes TOWARD a class of the caller, got random',
      ],
      [
        'a goal that needs references',
        { sources: sources.map((source) => ({ ...source, objective: { ...featureMatching, direction: 2 } })) },
        'direction: expected AWAY, as a run over a dataset has no references',
      ],
    ])('is refused for %s', async (_, change, message) => {
      expect((await failureOf(create(targeted(change)))).message).toContain(message);
    });
  });

  it('runs the stages of a cascade on the survivors, and records them', async () => {
    const stages = [
      { name: 'fgsm', options: {}, objective: undefined },
      { name: 'apgd-t', options: { steps: number(6), targets: number(2) }, objective: undefined },
    ];
    const cascade = pgd({ name: 'cascade', options: {}, stages });
    const result = await run(spec({ attack: cascade }));
    const { header, records } = await recordsOf(result.recordDigest);
    expect(header).toMatchObject({
      attack: 'cascade',
      stages: [
        { attack: 'fgsm', options: {}, objective: { kind: 'crossEntropy' } },
        { attack: 'apgd-t', options: { steps: 6, targets: 2 }, objective: { kind: 'dlr', direction: 'toward' } },
      ],
    });
    expect(records.every(({ robust, brokenBy }) => !robust || brokenBy === '')).toBe(true);
    expect(records.some(({ brokenBy }) => brokenBy === 'fgsm')).toBe(true);
    const { forward, predictedForward, budgetViolations } = result.summary ?? {};
    expect(Number(forward)).toBeLessThanOrEqual(Number(predictedForward));
    expect(budgetViolations).toBe(0);
    const { adversarialSetDigest } = await run(spec({ attack: cascade, batchSize: 7 }));
    expect(adversarialSetDigest).toBe(result.adversarialSetDigest);
  });

  it('gives the same bytes for any batch size, and however the encoder is named', async () => {
    const whole = await run(spec());
    const named = { sources: sourcesOf('short', { paradigm: Paradigm.SL }) };
    const addressed = { sources: sourcesOf('short', { address: attack.encoders.address }) };
    for (const change of [{ batchSize: 7 }, named, addressed]) {
      const { adversarialSetDigest, recordDigest, sampleSetDigest } = await run(spec(change));
      expect(adversarialSetDigest).toBe(whole.adversarialSetDigest);
      expect(recordDigest).toBe(whole.recordDigest);
      expect(sampleSetDigest).toBe(whole.sampleSetDigest);
    }
    expect((await run(spec({ seed: 6n }))).adversarialSetDigest).not.toBe(whole.adversarialSetDigest);
  });

  it('attacks every sample when the images are meant to transfer, with objectives on features too', async () => {
    const transfer = pgd({ selection: Selection.TRANSFER });
    const { records } = await recordsOf((await run(spec({ attack: transfer }))).recordDigest);
    expect(records.every(({ l0, backward }) => l0 > 0 && backward === 5)).toBe(true);
    const sources = sourcesOf('short').map((source) => ({ ...source, objective: featureMatching }));
    const matched = await run(spec({ attack: transfer, sources }));
    expect(matched.summary?.diagnostics.every(({ passed }) => passed)).toBe(true);
  });

  it('tells samples apart from the same images in every batch', async () => {
    const infoNce: Objective = {
      kind: { $case: 'infoNce', value: { useProjector: false, augment: false, temperature: 0.5, positive: 0 } },
      direction: Direction.AWAY,
    };
    const sources = sourcesOf('short').map((source) => ({ ...source, objective: infoNce }));
    const change = { sources, attack: pgd({ selection: Selection.TRANSFER, options: { steps: number(2) } }) };
    const whole = await run(spec(change));
    expect((await run(spec({ ...change, batchSize: 5 }))).adversarialSetDigest).toBe(whole.adversarialSetDigest);
  });

  it('is cancelled within a step, and leaves nothing behind', async () => {
    const artifactCount = async () => (await readdir(path.join(attack.home, 'artifacts'), { recursive: true })).length;
    const before = await artifactCount();
    const id = await create(
      spec({ attack: pgd({ options: { steps: number(100_000) }, selection: Selection.TRANSFER }) }),
    );
    for await (const { attackRun } of attack.client.watchAttackRun({ id })) {
      if (attackRun?.run?.state !== RunState.RUNNING) continue;
      await attack.client.cancelAttackRun({ id }).catch(() => undefined);
    }
    const { attackRun } = await attack.client.getAttackRun({ id });
    expect(attackRun?.run?.state).toBe(RunState.CANCELLED);
    expect(await artifactCount()).toBe(before);
    const { attackRuns } = await attack.client.listAttackRuns({
      pageSize: 1,
      pageToken: '',
      state: RunState.CANCELLED,
    });
    expect(attackRuns.map((each) => each.run?.id)).toEqual([id]);
  });

  it('fails when the attack has no effect', async () => {
    const sources = sourcesOf('short').map((source) => ({ ...source, objective: featureMatching }));
    // The gradient of the distance to the clean image vanishes there, and FGSM starts there.
    const stuck = spec({ sources, attack: pgd({ name: 'fgsm', options: {}, selection: Selection.TRANSFER }) });
    const last = (await follow(await create(stuck))).at(-1);
    expect(last?.run).toMatchObject({ state: RunState.FAILED, error: { reason: 'ATTACK_WITHOUT_EFFECT' } });
  });

  it.each<[string, Partial<AttackRunSpec>, string, string, readonly string[]]>([
    ['an unknown encoder', { sources: sourcesOf('nobody') }, 'NOT_FOUND', 'ENCODER_NOT_FOUND', []],
    ['an unknown attack', { attack: pgd({ name: 'pdg' }) }, 'NOT_FOUND', 'ATTACK_NOT_FOUND', []],
    ['an unknown dataset', { dataset: { name: 'imagenet:train' } }, 'NOT_FOUND', 'DATASET_NOT_FOUND', []],
    [
      'an empty ball and a misspelt option',
      { attack: pgd({ budget: { norm: Norm.LINF, epsilon: 0 }, options: { step: number(1) } }) },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['spec.attack.budget.epsilon', 'spec.attack.options.step'],
    ],
    [
      'no dataset and a batch too large',
      { dataset: undefined, batchSize: 5000 },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['spec.dataset', 'spec.batch_size'],
    ],
    ['no source', { sources: [] }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['spec.sources']],
    [
      'a service that does not answer',
      { sources: sourcesOf('short', { address: '127.0.0.1:1' }) },
      'UNAVAILABLE',
      'PEER_UNREACHABLE',
      [],
    ],
    [
      'a head that is not there',
      {
        sources: sourcesOf('short').map((source) => ({
          ...source,
          head: { head: { $case: 'artifactDigest' as const, value: '0'.repeat(64) } },
        })),
      },
      'NOT_FOUND',
      'HEAD_NOT_FOUND',
      [],
    ],
  ])('is refused for %s', async (_, change, status, reason, fields) => {
    const failure = await failureOf(create(spec(change)));
    expect(failure).toMatchObject({ status, reason });
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });
});

describe('attack', () => {
  async function* upload(...batches: readonly Partial<Batch>[]): AsyncGenerator<AttackRequest> {
    const value = { sources: sourcesOf('short'), attack: pgd(), seed: 5n };
    yield { message: { $case: 'opening', value } };
    for (const batch of batches) yield { message: { $case: 'batch', value: { ...Batch.create(), ...batch } } };
  }

  async function batchOf(name: string): Promise<Partial<Batch>> {
    const { images, length, labels, sampleIds } = await openDataset(name, environment()).then((dataset) => ({
      images: dataset.images(Array.from({ length: dataset.length }, (_, index) => index)),
      length: dataset.length,
      labels: dataset.labels,
      sampleIds: dataset.sampleIds,
    }));
    expect(length).toBeGreaterThan(0);
    return { images: encodeTensor(images), labels: [...labels], sampleIds: [...sampleIds].map(BigInt) };
  }

  it('gives the images and records that a run over the same samples stores', async () => {
    const batches = [await batchOf('shapes:train:10-20'), await batchOf('shapes:train:20-34')];
    const responses: readonly AttackResponse[] = await collect(attack.client.attack(upload(...batches)));
    const done = responses.flatMap(({ message }) => (message?.$case === 'batch' ? [message.value] : []));
    expect(done.map(({ records }) => records.length)).toEqual([10, 14]);
    const result = await run(spec());
    const stored = await openDataset(`artifact:${result.adversarialSetDigest}`, environment());
    const last = done[1]?.images;
    const rows = Array.from({ length: 14 }, (_, index) => index + 10);
    expect(decodeTensor(last as NonNullable<typeof last>)).toEqual(stored.images(rows));
    const summary = responses.at(-1)?.message;
    expect(summary?.$case === 'summary' && summary.value.robust).toEqual(result.summary?.robust);
  });

  it('counts samples over the whole call when they have no ids', async () => {
    const { sampleIds: _, ...batch } = await batchOf('shapes:train:10-14');
    const responses = await collect(attack.client.attack(upload(batch, batch)));
    const ids = responses.flatMap(({ message }) =>
      message?.$case === 'batch' ? message.value.records.map(({ sample }) => Number(sample)) : [],
    );
    expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each<[string, () => AsyncIterable<AttackRequest>, readonly string[]]>([
    ['no batch', () => upload(), ['batch']],
    ['nothing at all', async function* () {}, ['opening']],
    [
      'a pixel that is no number and a label out of range',
      () =>
        upload({
          images: encodeTensor(float32([1, 3, 32, 32], new Float32Array(3072).fill(Number.NaN))),
          labels: [10],
        }),
      ['batch.images.contents', 'batch.labels[0]'],
    ],
    [
      'another shape',
      () => upload({ images: encodeTensor(float32([1, 3, 8, 8], new Float32Array(192))), labels: [1] }),
      ['batch.images.shape'],
    ],
  ])('is refused for %s', async (_, requests, fields) => {
    const failure = await failureOf(collect(attack.client.attack(requests())));
    expect(failure.status).toBe('INVALID_ARGUMENT');
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });
});
