import { Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import type { OptionValue } from '@parallax/proto/parallax/common/v1/option';
import {
  RegisterEncoderRequest_Header as Header,
  PerturbRequest,
  type PerturbResponse,
  PredictRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { Direction, type Objective } from '@parallax/proto/parallax/objective/v1/objective';
import { collect, failureOf } from '@parallax/rpc/testing';
import { concatBatch, decodeTensor, sliceBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';
import { putToyBundle, toyClasses, toyImages } from './testing/toy-bundle.ts';

let encoder: RunningEncoder;
/** Twelve samples, each with the class that the encoder gives it. */
const sampleIds = Array.from({ length: 12 }, (_, index) => index * 5 + 2);
let labels: readonly number[];

beforeAll(async () => {
  encoder = await startEncoder('sl');
  await register('toy', await putToyBundle(encoder.artifacts));
  await register('noisy', await putToyBundle(encoder.artifacts, { stochastic: true }));
  await register('headless', await putToyBundle(encoder.artifacts, { head: false }));
  const request = PredictRequest.create({ encoder: 'toy', images: toyImages(sampleIds) });
  labels = (await encoder.client.predict(request)).classes;
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

function register(name: string, bundleDigest: string) {
  async function* upload() {
    yield { message: { $case: 'header' as const, value: Header.create({ name, paradigm: 1, bundleDigest }) } };
  }
  return encoder.client.registerEncoder(upload());
}

const epsilon = 8 / 255;
const number = (value: number): OptionValue => ({ value: { $case: 'number', value } });

/** The first attack of the tests: PGD on all samples. */
function requestFor(ids: readonly number[], change: Partial<PerturbRequest> = {}): PerturbRequest {
  const attack = {
    ...PerturbRequest.fromPartial({ attack: { name: 'pgd', budget: { norm: Norm.LINF, epsilon } } }).attack,
    selection: Selection.TRANSFER,
    options: { steps: number(4) },
  };
  return {
    ...PerturbRequest.create({ encoder: 'toy', images: toyImages(ids), seed: 3n }),
    attack: attack as NonNullable<PerturbRequest['attack']>,
    labels: ids.map((id) => labels[sampleIds.indexOf(id)] ?? 0),
    sampleIds: ids.map(BigInt),
    ...change,
  };
}

function withAttack(change: Partial<NonNullable<PerturbRequest['attack']>>): PerturbRequest {
  const request = requestFor(sampleIds);
  return { ...request, attack: { ...(request.attack as NonNullable<PerturbRequest['attack']>), ...change } };
}

function read(messages: readonly PerturbResponse[]) {
  const plans = messages.flatMap(({ message }) => (message?.$case === 'plan' ? [message.value] : []));
  const progress = messages.flatMap(({ message }) => (message?.$case === 'progress' ? [message.value] : []));
  const chunks = messages.flatMap(({ message }) => (message?.$case === 'chunk' ? [message.value] : []));
  const images = concatBatch(
    chunks.map((chunk) => decodeTensor(chunk.images as NonNullable<typeof chunk.images>) as Tensor<'float32'>),
  );
  return { plans, progress, chunks, images, outcomes: chunks.flatMap(({ outcomes }) => outcomes) };
}

const perturb = async (request: PerturbRequest) => read(await collect(encoder.client.perturb(request)));

describe('perturb', () => {
  it('sends its plan, how far it is, and images within the budget that raise the loss', async () => {
    const { plans, progress, images, outcomes } = await perturb(requestFor(sampleIds));
    expect(plans).toHaveLength(1);
    expect(plans[0]).toMatchObject({
      predictedBackward: 48n,
      gradientDraws: 1,
      notes: [],
      engine: expect.stringMatching(/^onnxruntime \d+\.\d+\.\d+ cpu$/),
    });
    expect(progress.at(-1)).toMatchObject({ attack: 'pgd', steps: 4, active: 12 });
    const clean = decodeTensor(toyImages(sampleIds));
    const largest = images.data.reduce(
      (most, pixel, at) => Math.max(most, Math.abs(pixel - Number(clean.data[at]))),
      0,
    );
    expect(largest).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
    expect(outcomes.map(({ sampleId }) => sampleId)).toEqual(sampleIds.map(BigInt));
    for (const { loss, cleanLoss, attacked, backward } of outcomes) {
      expect(loss).toBeGreaterThan(cleanLoss);
      expect([attacked, backward]).toEqual([true, 4]);
    }
  });

  it.each(['toy', 'noisy'])('gives the same for %s in one call and in many', async (name) => {
    const change = { encoder: name };
    const spec = { ...withAttack({ gradientDraws: 2 }).attack };
    const attack = spec as NonNullable<PerturbRequest['attack']>;
    const whole = await perturb(requestFor(sampleIds, { ...change, attack }));
    for (const [row, id] of sampleIds.entries()) {
      if (row % 4 !== 0) continue;
      const alone = await perturb(requestFor([id], { ...change, attack }));
      expect(alone.images).toEqual(sliceBatch(whole.images, row, row + 1));
      expect(alone.outcomes).toEqual([whole.outcomes[row]]);
    }
  });

  it('attacks only what is judged right when a verdict is wanted, and says when it broke', async () => {
    const wrong = labels.map((label, row) => (row < 6 ? label : (label + 1) % toyClasses));
    const large = { norm: Norm.LINF, epsilon: 0.5 };
    const request = { ...withAttack({ selection: Selection.VERDICT, budget: large }), labels: wrong };
    const { outcomes } = await perturb(request);
    expect(outcomes.map(({ attacked }) => attacked)).toEqual(wrong.map((_, row) => row < 6));
    const broken = outcomes.filter(({ brokenBy }) => brokenBy === 'pgd');
    expect(broken.length).toBeGreaterThan(0);
    for (const { brokenAtStep, prediction, cleanPrediction } of broken) {
      expect(brokenAtStep).toBeLessThanOrEqual(4);
      expect(prediction).not.toBe(cleanPrediction);
    }
  });

  it('needs no head for objectives on features', async () => {
    const featureMatching: Objective = {
      kind: { $case: 'featureMatching', value: { relative: false } },
      direction: Direction.AWAY,
    };
    const change = { encoder: 'headless', objective: featureMatching, labels: [] };
    const { outcomes } = await perturb(requestFor(sampleIds, change));
    expect(outcomes.every(({ loss, prediction }) => loss > 0 && prediction === undefined)).toBe(true);
  });

  it('stops within a step when the caller leaves, and serves the next call', async () => {
    const leaving = new AbortController();
    const endless = withAttack({ options: { steps: number(100_000) } });
    const left = failureOf(
      (async () => {
        for await (const { message } of encoder.client.perturb(endless, { signal: leaving.signal })) {
          if (message?.$case === 'progress') leaving.abort();
        }
      })(),
    );
    expect(await left).toMatchObject({ status: 'CANCELLED' });
    const started = performance.now();
    await perturb(requestFor(sampleIds));
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('stops at the deadline', async () => {
    const endless = withAttack({ options: { steps: number(100_000) } });
    const late = failureOf(collect(encoder.client.perturb(endless, { deadlineMs: 1_000 })));
    expect(await late).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
  });

  it('takes an attack that changes nothing for an error, unless told to leave that to the caller', async () => {
    // The gradient of the distance to the clean image vanishes there, and FGSM starts there.
    const featureMatching: Objective = {
      kind: { $case: 'featureMatching', value: { relative: false } },
      direction: Direction.AWAY,
    };
    const stuck = { ...withAttack({ name: 'fgsm', options: {} }), objective: featureMatching };
    expect(await failureOf(perturb(stuck))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'ATTACK_WITHOUT_EFFECT',
    });
    const { outcomes } = await perturb({ ...stuck, allowUnchanged: true });
    expect(outcomes.every(({ zeroGradient, nanGradient }) => zeroGradient + nanGradient > 0)).toBe(true);
  });
});

type Attack = Partial<NonNullable<PerturbRequest['attack']>>;

describe('perturb refuses', () => {
  it.each<[string, Attack, string, string, readonly string[]]>([
    ['an unknown attack', { name: 'pdg' }, 'NOT_FOUND', 'ATTACK_NOT_FOUND', []],
    [
      'no budget and an unknown option',
      { budget: undefined, options: { speed: number(1) } },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['attack.budget.norm', 'attack.options.speed'],
    ],
    [
      'a ball larger than the box',
      { budget: { norm: Norm.LINF, epsilon: 1.5 } },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['attack.budget.epsilon'],
    ],
    [
      'an empty ball',
      { budget: { norm: Norm.LINF, epsilon: 0 } },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['attack.budget.epsilon'],
    ],
    [
      'an option out of range',
      { options: { steps: number(0) } },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['attack.options.steps'],
    ],
    [
      'draws it would not use',
      { acceptanceDraws: 5 },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['attack.acceptance_draws'],
    ],
    ['a placement elsewhere', { placement: 2 }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['attack.placement']],
    ['images between the points of the uint8 grid', { pixelGrid: 2 }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['images']],
  ])('%s', async (_, change, status, reason, fields) => {
    const failure = await failureOf(perturb(withAttack(change)));
    expect(failure).toMatchObject({ status, reason });
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });

  it.each<[string, Partial<PerturbRequest>, string, string, readonly string[]]>([
    ['missing labels', { labels: [] }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['labels']],
    ['noise without a number of draws', { encoder: 'noisy' }, 'FAILED_PRECONDITION', 'DRAWS_REQUIRED', []],
    ['an objective without its head', { encoder: 'headless' }, 'FAILED_PRECONDITION', 'PART_MISSING', []],
    [
      'other starts',
      { starts: { datatype: 'FP32', shape: [], contents: Buffer.alloc(4) } },
      'UNIMPLEMENTED',
      'NOT_IMPLEMENTED',
      [],
    ],
  ])('%s', async (_, change, status, reason, fields) => {
    const failure = await failureOf(perturb(requestFor(sampleIds, change)));
    expect(failure).toMatchObject({ status, reason });
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });

  it('InfoNCE on projections without a projector, and says what to do instead', async () => {
    const infoNce = { useProjector: true, augment: false, temperature: undefined, positive: 0 } as const;
    const objective: Objective = { kind: { $case: 'infoNce', value: infoNce }, direction: Direction.AWAY };
    const failure = await failureOf(perturb(requestFor(sampleIds, { objective })));
    expect(failure).toMatchObject({ status: 'FAILED_PRECONDITION', reason: 'PART_MISSING' });
    expect(failure.message).toMatch(/infoNce: the encoder has no part project; compare features instead/);
  });

  it('a target that is the label', async () => {
    const objective: Objective = { kind: { $case: 'margin', value: { head: undefined } }, direction: Direction.TOWARD };
    const { labels } = requestFor(sampleIds);
    const targets = labels.map((label, row) => (row === 2 ? label : (label + 1) % 5));
    const failure = await failureOf(perturb(requestFor(sampleIds, { objective, targets })));
    expect(failure.violations).toMatchObject([{ field: 'targets[2]' }]);
  });

  it('another objective for an attack that is defined by its own', async () => {
    const objective: Objective = { kind: { $case: 'margin', value: { head: undefined } }, direction: Direction.AWAY };
    const request = { ...withAttack({ name: 'apgd-ce', options: {} }), objective };
    expect((await failureOf(perturb(request))).violations).toMatchObject([{ field: 'objective' }]);
  });
});
