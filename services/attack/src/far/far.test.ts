import { decodeRecords, type SampleRecord } from '@parallax/attacks';
import { openDataset } from '@parallax/datasets';
import { type AttackRun, AttackRunSpec, AttackSource, TargetRule } from '@parallax/proto/parallax/attack/v1/attack_run';
import {
  type AttackRequest,
  AttackRequest_AttackBatch as Batch,
} from '@parallax/proto/parallax/attack/v1/attack_service';
import { AttackSpec, Placement, Selection, VerdictRule } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { OptionValue } from '@parallax/proto/parallax/common/v1/option';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { PartRole } from '@parallax/proto/parallax/encoder/v1/encoder';
import { PredictRequest } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { Direction, type Objective } from '@parallax/proto/parallax/objective/v1/objective';
import type { CallOptions } from '@parallax/rpc';
import { collect, failureOf } from '@parallax/rpc/testing';
import { encodeTensor, uniformBatch, zeros } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EncoderProcess } from '../testing/encoder-process.ts';
import { type FakeTraits, startFakeEncoder } from '../testing/fake-encoder.ts';
import { type RunningAttack, startAttack } from '../testing/start-attack.ts';

let attack: RunningAttack;
let elsewhere: EncoderProcess;

beforeAll(async () => {
  attack = await startAttack(['short', 'other']);
  elsewhere = await attack.startEncoder();
});
afterAll(async () => {
  await elsewhere?.[Symbol.asyncDispose]();
  await attack?.[Symbol.asyncDispose]();
});

const epsilon = 8 / 255;
const number = (value: number): OptionValue => ({ value: { $case: 'number', value } });

function source(name: string, address = '', change: Partial<AttackSource> = {}): AttackSource {
  return { ...AttackSource.create({ encoder: EncoderRef.create({ name, address }) }), ...change };
}

function specOf(name: string, options: Readonly<Record<string, number>> = {}, change: Partial<AttackSpec> = {}) {
  const values = Object.fromEntries(Object.entries(options).map(([option, value]) => [option, number(value)]));
  return { ...AttackSpec.create({ name, budget: { norm: Norm.LINF, epsilon } }), options: values, ...change };
}

const pgd = specOf('pgd', { steps: 5 });

function spec(change: Partial<AttackRunSpec> = {}): AttackRunSpec {
  return {
    ...AttackRunSpec.create({ dataset: { name: 'shapes:train:10-22' }, seed: 5n }),
    sources: [source('short')],
    attack: pgd,
    ...change,
  };
}

const both = () => [source('short'), source('other', elsewhere.address)];

async function run(request: AttackRunSpec) {
  const { attackRun } = await attack.client.createAttackRun({ spec: request, requestId: '' });
  const messages = await collect(attack.client.watchAttackRun({ id: attackRun?.run?.id ?? '' }));
  const last: AttackRun | undefined = messages.at(-1)?.attackRun;
  if (last?.result === undefined) throw new Error(`expected a result, got ${JSON.stringify(last?.run?.error)}`);
  const { header, records } = decodeRecords(
    new TextDecoder().decode(await attack.artifacts.get(last.result.recordDigest)),
  );
  return { ...last.result, header, records };
}

/** All but the passes, which are more where a look is needed to know what to aim at. */
const butPasses = (records: readonly SampleRecord[]) => records.map(({ forward: _, ...rest }) => rest);

describe('an attack from afar', () => {
  const infoNce: Objective = {
    kind: { $case: 'infoNce', value: { useProjector: false, augment: true, temperature: 0.5, positive: 0 } },
    direction: Direction.AWAY,
  };
  const toward: Objective = {
    kind: { $case: 'crossEntropy', value: { head: undefined } },
    direction: Direction.TOWARD,
  };
  const stages = [
    { name: 'fgsm', options: {}, objective: undefined },
    { name: 'apgd-t', options: { steps: number(5), targets: number(2) }, objective: undefined },
  ];

  it.each<[string, Partial<AttackRunSpec>]>([
    ['PGD', {}],
    ['Auto-PGD', { attack: specOf('apgd-ce', { steps: 6 }) }],
    ['Square', { attack: specOf('square', { queries: 12 }) }],
    ['targeted FAB', { attack: specOf('fab-t', { steps: 3, targets: 2 }) }],
    [
      'targets',
      {
        sources: [source('short', '', { objective: toward })],
        targetRule: TargetRule.LEAST_LIKELY,
      },
    ],
    ['a cascade', { attack: specOf('cascade', {}, { stages }) }],
    [
      'InfoNCE with augmented views',
      {
        sources: [source('short', '', { objective: infoNce })],
        attack: specOf('pgd', { steps: 2 }, { selection: Selection.TRANSFER, gradientDraws: 2 }),
        dataset: { name: 'shapes:train:10-14' },
      },
    ],
  ])('stores what it stores next to the weights: %s', async (_, change) => {
    const request = spec(change);
    const placed = (placement: Placement) => ({ ...request, attack: { ...(request.attack ?? pgd), placement } });
    const before = attack.compiled();
    const near = await run(placed(Placement.UNSPECIFIED));
    expect(near.header['placement']).toBe('near');
    expect(attack.compiled()).toBe(before);
    const far = await run(placed(Placement.FAR));
    expect(far.header['placement']).toBe('far');
    expect(attack.compiled()).toBeGreaterThan(before);
    expect(far.header['adversarialSet']).toMatchObject({
      images: (near.header['adversarialSet'] as { readonly images: object }).images,
    });
    expect(butPasses(far.records)).toEqual(butPasses(near.records));
    expect(far.header['versions']).toEqual(near.header['versions']);
    expect(far.summary?.backward).toBe(near.summary?.backward);
    expect(Number(far.summary?.forward)).toBeLessThanOrEqual(Number(far.summary?.predictedForward));
  });

  it('pushes toward references as it does next to the weights', async () => {
    const featureMatching: Objective = {
      kind: { $case: 'featureMatching', value: { relative: false } },
      direction: Direction.TOWARD,
    };
    const images = uniformBatch({ seed: 1, purpose: 'far.images' }, [1, 2, 3], [3, 32, 32]);
    const references = uniformBatch({ seed: 1, purpose: 'far.references' }, [1, 2, 3], [3, 32, 32]);
    const batch = { images: encodeTensor(images), labels: [0, 1, 2], references: encodeTensor(references) };
    const opening = (placement: Placement, objective?: Objective) => ({
      sources: [source('short', '', { objective })],
      attack: { ...pgd, placement, selection: Selection.TRANSFER },
    });
    const found = async (placement: Placement) => {
      const responses = await collect(attack.client.attack(upload(opening(placement, featureMatching), batch)));
      return responses.flatMap(({ message }) => (message?.$case === 'batch' ? [message.value] : []));
    };
    expect(await found(Placement.FAR)).toEqual(await found(Placement.NEAR));
    const useless = await failureOf(collect(attack.client.attack(upload(opening(Placement.FAR), batch))));
    expect(useless.violations).toMatchObject([{ field: 'references' }]);
  });

  it('goes through the head that its objective names, and records it', async () => {
    const { encoder } = await attack.encoders.getEncoder({ name: 'other' });
    const digest = encoder?.parts.find(({ role }) => role === PartRole.CLASSIFY)?.digest ?? '';
    const head = { head: { $case: 'artifactDigest' as const, value: digest } };
    const objective = {
      ...toward,
      kind: { $case: 'crossEntropy' as const, value: { head } },
      direction: Direction.AWAY,
    };
    const sources = [source('short', '', { objective })];
    const [near, far] = [
      await run(spec({ sources })),
      await run(spec({ sources, attack: { ...pgd, placement: Placement.FAR } })),
    ];
    expect(near.header['objectiveHead']).toBe(digest);
    expect(far.header['objectiveHead']).toBe(digest);
    expect(far.records).toEqual(near.records);
    expect((await run(spec())).records).not.toEqual(near.records);
  });

  it('counts the passes that the encoder says a look takes, and records what it notes', async () => {
    await using fake = await startFakeEncoder({ notes: ['another loss is increased'] });
    const request = spec({ sources: [source('fake', fake.address)], attack: { ...pgd, placement: Placement.FAR } });
    const { header, records } = await run(request);
    expect(header).toMatchObject({
      notes: ['another loss is increased'],
      versions: { engine: expect.stringMatching(/^fake, onnxruntime /) },
    });
    const attackedOnes = records.filter(({ label }) => label === 0);
    expect(attackedOnes.length).toBeGreaterThan(0);
    for (const record of attackedOnes) expect(record).toMatchObject({ backward: 5, zeroGradient: 5, forward: 7 });
  });
});

describe('several encoders', () => {
  it('are attacked together, and each is right less often', async () => {
    const result = await run(spec({ sources: both(), dataset: { name: 'shapes:train:10-34' } }));
    const { header, records } = result;
    const [short, other] = await Promise.all(['short', 'other'].map((name) => attack.encoders.getEncoder({ name })));
    expect(header['encoders']).toMatchObject([
      {
        name: 'short',
        sha256: short?.encoder?.bundleDigest,
        head: 'own',
        weight: 1,
        objective: { kind: 'crossEntropy' },
      },
      {
        name: 'other',
        sha256: other?.encoder?.bundleDigest,
        head: 'own',
        weight: 1,
        objective: { kind: 'crossEntropy' },
      },
    ]);
    expect(header).toMatchObject({ placement: 'far', attack: 'pgd', options: { steps: 5 } });
    expect(header).not.toHaveProperty('objective');
    const rightOf = (place: number, of: 'cleanPrediction' | 'prediction') =>
      records.filter(({ label, heads }) => heads?.[place]?.[of] === label).length;
    for (const place of [0, 1]) expect(rightOf(place, 'prediction')).toBeLessThan(rightOf(place, 'cleanPrediction'));
    for (const { label, heads = [], cleanCorrect, robust } of records) {
      expect(heads).toHaveLength(2);
      expect(cleanCorrect).toBe(heads.some(({ cleanPrediction }) => cleanPrediction === label));
      expect(robust).toBe(cleanCorrect && heads.some(({ prediction }) => prediction === label));
    }
    expect(result.summary?.sources).toMatchObject(
      [0, 1].map((place) => ({
        cleanCorrect: { successes: rightOf(place, 'cleanPrediction'), trials: 24 },
        adversarialCorrect: { successes: rightOf(place, 'prediction'), trials: 24 },
      })),
    );
    expect(result.summary?.robust?.successes).toBe(records.filter(({ robust }) => robust).length);
    const broken = records.filter(({ brokenBy }) => brokenBy === 'pgd').length;
    expect([broken, result.summary?.budgetViolations]).toEqual([result.summary?.success?.broken, 0]);
    expect(broken).toBeGreaterThan(0);
  });

  it('are judged by fresh passes of each on what is stored', async () => {
    const { records, adversarialSetDigest } = await run(spec({ sources: both() }));
    const environment = { searchPaths: [], artifacts: attack.artifacts };
    const stored = await openDataset(`artifact:${adversarialSetDigest}`, environment);
    const images = encodeTensor(stored.images(Array.from({ length: stored.length }, (_, row) => row)));
    for (const [place, encoder] of ['short', 'other'].entries()) {
      const { classes } = await attack.encoders.predict(PredictRequest.create({ encoder, images }));
      expect(records.map(({ heads }) => heads?.[place]?.prediction)).toEqual(classes);
    }
  });

  it('give the same bytes for any batch size, and others for other weights', async () => {
    const whole = await run(spec({ sources: both() }));
    expect((await run(spec({ sources: both(), batchSize: 5 }))).adversarialSetDigest).toBe(whole.adversarialSetDigest);
    const [first, second] = both();
    const sources = [first as AttackSource, { ...(second as AttackSource), weight: 0.01 }];
    const leaning = await run(spec({ sources }));
    expect(leaning.adversarialSetDigest).not.toBe(whole.adversarialSetDigest);
    expect(leaning.header['encoders']).toMatchObject([{ weight: 1 }, { weight: 0.01 }]);
  });

  it('run a cascade on the samples that any of them still gets right', async () => {
    const stages = ['fgsm', 'apgd-ce'].map((name) => ({ name, options: {}, objective: undefined }));
    const cascade = specOf(
      'cascade',
      {},
      { stages: stages.map((stage, index) => (index === 0 ? stage : { ...stage, options: { steps: number(4) } })) },
    );
    const { records, summary } = await run(spec({ sources: both(), attack: cascade }));
    expect(records.every(({ robust, brokenBy, cleanCorrect }) => !cleanCorrect || robust === (brokenBy === ''))).toBe(
      true,
    );
    expect(Number(summary?.backward)).toBeLessThanOrEqual(Number(summary?.predictedBackward));
  });
});

async function* upload(
  opening: Pick<AttackRunSpec, 'sources' | 'attack'>,
  batch: Partial<Batch> = { labels: [0, 0, 0, 0] },
): AsyncGenerator<AttackRequest> {
  yield { message: { $case: 'opening', value: { ...opening, seed: 1n } } };
  const images = encodeTensor(zeros('float32', [4, 3, 32, 32]));
  yield { message: { $case: 'batch', value: { ...Batch.create({}), images, ...batch } } };
}

const attacked = (given: Pick<AttackRunSpec, 'sources' | 'attack'>, options: CallOptions = {}) =>
  failureOf(collect(attack.client.attack(upload(given), options)));

/** Others may keep the machine busy. */
const patient = { timeout: 20_000 };

describe('what cannot be', () => {
  it.each<[string, () => Partial<AttackRunSpec>, string, readonly string[]]>([
    [
      'no number',
      () => ({ sources: [source('short', '', { weight: Number.NaN })] }),
      'INVALID_FIELD',
      ['sources[0].weight'],
    ],
    [
      'zero',
      () => ({ sources: [source('short'), source('other', '', { weight: 0 })] }),
      'INVALID_FIELD',
      ['sources[1].weight'],
    ],
    [
      'nothing in 32 bits',
      () => ({ sources: [source('short', '', { weight: 1e-60 })] }),
      'INVALID_FIELD',
      ['sources[0].weight'],
    ],
    [
      'less than nothing',
      () => ({ sources: [source('short', '', { weight: -1 })] }),
      'INVALID_FIELD',
      ['sources[0].weight'],
    ],
    [
      'no encoder',
      () => ({ sources: [source('short'), AttackSource.create({})] }),
      'INVALID_FIELD',
      ['sources[1].encoder'],
    ],
    ['seventeen', () => ({ sources: Array<AttackSource>(17).fill(source('short')) }), 'INVALID_FIELD', ['sources']],
  ])('is a weight or a number of sources of %s', async (_, change, reason, fields) => {
    const failure = await attacked(spec(change()));
    expect(failure).toMatchObject({ status: 'INVALID_ARGUMENT', reason });
    expect(failure.violations.map(({ field }) => field)).toEqual(fields.map((field) => `opening.${field}`));
  });

  it('is a sum over several encoders next to the weights of one', async () => {
    const failure = await attacked(spec({ sources: both(), attack: { ...pgd, placement: Placement.NEAR } }));
    expect(failure).toMatchObject({ status: 'FAILED_PRECONDITION' });
    expect(failure.message).toContain('attack.placement: expected FAR for a sum over 2 encoders, got NEAR');
  });

  it.each<[string, FakeTraits, AttackSpec, string, RegExp]>([
    [
      'shape',
      { shape: [3, 8, 8] },
      pgd,
      'SHAPES_DIFFER',
      /sources\[1\]: expected images of 3×32×32 as short .*got 3×8×8/,
    ],
    [
      'number of classes',
      { classes: 4 },
      specOf('apgd-t', { steps: 2 }),
      'SHAPES_DIFFER',
      /heads of as many classes.*10, 4/,
    ],
  ])('are encoders of another %s', async (_, traits, given, reason, message) => {
    await using fake = await startFakeEncoder(traits);
    const sources = [source('short'), source('fake', fake.address)];
    const failure = await attacked({ sources, attack: given });
    expect(failure).toMatchObject({ status: 'FAILED_PRECONDITION', reason });
    expect(failure.message).toMatch(message);
    expect(
      await failureOf(attack.client.createAttackRun({ spec: spec({ sources, attack: given }), requestId: '' })),
    ).toMatchObject({ reason });
    await expect.poll(fake.sessions, patient).toBe(0);
  });

  it('is a verdict by any draw of heads that may be wrong in different draws', async () => {
    await using fake = await startFakeEncoder({ stochastic: true });
    const sources = [source('short'), source('fake', fake.address)];
    const anyDraw = { ...pgd, verdictRule: VerdictRule.ANY_DRAW, gradientDraws: 1 };
    const failure = await attacked({ sources, attack: anyDraw });
    expect(failure.violations).toMatchObject([{ field: 'opening.attack.verdict_rule' }]);
    expect(await attacked({ sources, attack: { ...pgd, gradientDraws: 0 } })).toMatchObject({
      reason: 'DRAWS_REQUIRED',
    });
  });

  it('is a head that one of them does not have', async () => {
    const head = { head: { $case: 'artifactDigest' as const, value: '0'.repeat(64) } };
    const failure = await attacked(spec({ sources: [source('short'), source('other', elsewhere.address, { head })] }));
    expect(failure).toMatchObject({ status: 'NOT_FOUND', reason: 'HEAD_NOT_FOUND' });
    expect(failure.message).toContain(`encoder other at ${elsewhere.address}`);
  });
});

describe('an encoder that does not answer', () => {
  const endless = specOf('pgd', { steps: 100_000 }, { selection: Selection.TRANSFER });

  it('is named when it dies in the middle', async () => {
    const third = await attack.startEncoder();
    await using fake = await startFakeEncoder();
    const given = { sources: [source('fake', fake.address), source('short', third.address)], attack: endless };
    const failing = attacked(given);
    await expect.poll(fake.looks, patient).toBeGreaterThan(10);
    third.kill();
    const failure = await failing;
    expect(failure).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'PEER_UNREACHABLE',
      facts: { encoder: 'short', address: third.address },
    });
    expect(failure.message).toContain(`encoder short at ${third.address}`);
    await expect.poll(fake.sessions, patient).toBe(0);
    await third[Symbol.asyncDispose]();
  });

  it('is left at the deadline, though it is within a step', async () => {
    await using fake = await startFakeEncoder({ answers: 'openings' });
    const began = performance.now();
    const given = { sources: [source('short'), source('fake', fake.address)], attack: endless };
    const failure = await attacked(given, { deadlineMs: 700 });
    expect(failure.status).toBe('DEADLINE_EXCEEDED');
    expect(performance.now() - began).toBeLessThan(5_000);
    await expect.poll(fake.sessions, patient).toBe(0);
    expect((await run(spec({ sources: both() }))).records).toHaveLength(12);
  });

  it('is not waited for when another refuses', async () => {
    await using fake = await startFakeEncoder({ answers: 'nothing' });
    const objective: Objective = { kind: { $case: 'ddpmNoise', value: { timestep: 3 } }, direction: Direction.AWAY };
    const sources = [source('fake', fake.address), source('short', '', { objective })];
    const failure = await attacked({ sources, attack: endless });
    expect(failure).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'PART_MISSING',
      facts: { encoder: 'short' },
    });
    await expect.poll(fake.sessions, patient).toBe(0);
  });

  it('is free as soon as the caller leaves', async () => {
    await using fake = await startFakeEncoder();
    const controller = new AbortController();
    const given = { sources: [source('short'), source('fake', fake.address)], attack: endless };
    const failing = attacked(given, { signal: controller.signal });
    await expect.poll(fake.looks, patient).toBeGreaterThan(2);
    controller.abort();
    expect((await failing).status).toBe('CANCELLED');
    await expect.poll(fake.sessions, patient).toBe(0);
    const looks = fake.looks();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(fake.looks()).toBe(looks);
  });

  it('is free as soon as a run is cancelled', async () => {
    await using fake = await startFakeEncoder();
    const request = spec({ sources: [source('fake', fake.address)], attack: { ...endless, placement: Placement.FAR } });
    const { attackRun } = await attack.client.createAttackRun({ spec: request, requestId: '' });
    const id = attackRun?.run?.id ?? '';
    await expect.poll(fake.looks, patient).toBeGreaterThan(2);
    await attack.client.cancelAttackRun({ id });
    await expect
      .poll(async () => (await attack.client.getAttackRun({ id })).attackRun?.run?.state)
      .toBe(RunState.CANCELLED);
    expect(fake.sessions()).toBe(0);
  });
});
