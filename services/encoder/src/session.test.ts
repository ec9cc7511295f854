import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import {
  RegisterEncoderRequest_Header as Header,
  ValueAndGradientSessionRequest_Opening as Opening,
  ValueAndGradientSessionRequest_Purpose as Purpose,
  ValueAndGradientSessionRequest_Query as Query,
  ValueAndGradientRequest,
  type ValueAndGradientResponse,
  type ValueAndGradientSessionRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { Direction, type Objective } from '@parallax/proto/parallax/objective/v1/objective';
import { collect, failureOf } from '@parallax/rpc/testing';
import { decodeTensor, gatherBatch, toNumbers, type WireTensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';
import { putToyBundle, toyClasses, toyImages } from './testing/toy-bundle.ts';

let encoder: RunningEncoder;

beforeAll(async () => {
  encoder = await startEncoder('sl');
  await register('toy', await putToyBundle(encoder.artifacts));
  await register('noisy', await putToyBundle(encoder.artifacts, { stochastic: true }));
  await register('headless', await putToyBundle(encoder.artifacts, { head: false }));
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

function register(name: string, bundleDigest: string) {
  async function* upload() {
    const value = Header.create({ name, paradigm: Paradigm.SL, bundleDigest });
    yield { message: { $case: 'header' as const, value } };
  }
  return encoder.client.registerEncoder(upload());
}

const crossEntropy: Objective = {
  kind: { $case: 'crossEntropy', value: { head: undefined } },
  direction: Direction.AWAY,
};
const infoNce: Objective = {
  kind: { $case: 'infoNce', value: { useProjector: false, augment: true, temperature: 0.5, positive: 0 } },
  direction: Direction.AWAY,
};

const featureMatching: Objective = {
  kind: { $case: 'featureMatching', value: { relative: false } },
  direction: Direction.AWAY,
};

const sampleIds = [4, 9, 2, 30, 17, 8, 51, 3, 12];
const labels = sampleIds.map((id) => id % toyClasses);
/** Where to look: the images of other samples, so that they differ from the clean ones. */
const pointsOf = (rows: readonly number[]) => toyImages(rows.map((row) => 1000 + (sampleIds[row] ?? 0)));
const all = [...sampleIds.keys()];

function opening(change: Partial<Opening> = {}): ValueAndGradientSessionRequest {
  const cleanImages = toyImages(sampleIds);
  const value: Opening = {
    ...Opening.create({ encoder: 'noisy', seed: 7n }),
    objective: crossEntropy,
    cleanImages,
    labels,
    sampleIds: sampleIds.map(BigInt),
    ...change,
  };
  return { message: { $case: 'opening', value } };
}

function query(rows: readonly number[], change: Partial<Query> = {}): ValueAndGradientSessionRequest {
  const value: Query = { ...Query.create({ rows, withLogits: true }), images: pointsOf(rows), ...change };
  return { message: { $case: 'query', value } };
}

/** All answers: the plan, then one a query. */
function responsesTo(...messages: readonly ValueAndGradientSessionRequest[]) {
  async function* requests() {
    yield* messages;
  }
  return collect(encoder.client.valueAndGradientSession(requests()));
}

/** What was seen, query by query. */
async function converse(
  ...messages: readonly ValueAndGradientSessionRequest[]
): Promise<readonly ValueAndGradientResponse[]> {
  const [first, ...answers] = await responsesTo(...messages);
  expect(first).toMatchObject({ values: [], plan: { engine: expect.stringMatching(/^onnxruntime /) } });
  return answers.map(({ plan, ...answer }) => {
    expect(plan).toBeUndefined();
    return answer;
  });
}

/** The same look, in a call of its own. */
function once(change: Partial<ValueAndGradientRequest> = {}): Promise<ValueAndGradientResponse> {
  return encoder.client.valueAndGradient({
    ...ValueAndGradientRequest.create({ encoder: 'noisy', seed: 7n, withLogits: true }),
    objective: crossEntropy,
    images: pointsOf(all),
    cleanImages: toyImages(sampleIds),
    labels,
    sampleIds: sampleIds.map(BigInt),
    ...change,
  });
}

const tensorOf = (wire: WireTensor | undefined) => decodeTensor(wire as WireTensor);

function rowsOf({ values, gradient, logits }: ValueAndGradientResponse, rows: readonly number[]) {
  return {
    values: rows.map((row) => values[row]),
    gradient: gatherBatch(tensorOf(gradient), rows),
    logits: gatherBatch(tensorOf(logits), rows),
  };
}

describe('a session', () => {
  it.each<[string, Objective]>([
    ['cross-entropy', crossEntropy],
    ['InfoNCE, whose negatives are the whole clean batch', infoNce],
  ])('sees what single calls see, whichever rows it is asked about: %s', async (_, objective) => {
    const key = { restart: 2, step: 5, draws: 3 };
    const subsets = [all, [7, 0, 3], [6], [8, 1]];
    const answers = await converse(opening({ objective }), ...subsets.map((rows) => query(rows, key)));
    const whole = await once({ objective, ...key });
    expect(answers).toHaveLength(subsets.length);
    for (const [index, rows] of subsets.entries()) {
      const answer = answers[index] as ValueAndGradientResponse;
      expect(rowsOf(answer, [...rows.keys()])).toEqual(rowsOf(whole, rows));
    }
  });

  it('takes all rows when none are named, and leaves out what is not wanted', async () => {
    const rest = { rows: [], images: pointsOf(all), valueOnly: true, withLogits: false };
    const [answer] = await converse(opening(), query([], rest));
    expect(answer).toEqual(await once({ valueOnly: true, withLogits: false }));
    expect([answer?.gradient, answer?.logits]).toEqual([undefined, undefined]);
  });

  it('takes targets with a query in place of those of the opening', async () => {
    const objective = { ...crossEntropy, direction: Direction.TOWARD };
    const targets = labels.map((label) => (label + 1) % toyClasses);
    const others = labels.map((label) => (label + 2) % toyClasses);
    const [own, other] = await converse(opening({ objective, targets }), query(all), query(all, { targets: others }));
    expect(own).toEqual(await once({ objective, targets }));
    expect(other).toEqual(await once({ objective, targets: others }));
    const [later] = await converse(opening({ objective }), query(all, { targets: others }));
    expect(later).toEqual(other);
    const missing = await failureOf(converse(opening({ objective }), query(all)));
    expect(missing.violations).toMatchObject([{ field: 'query.targets' }]);
  });

  it('draws afresh for every restart, step, draw and purpose', async () => {
    const changes = [
      {},
      { restart: 1 },
      { step: 1 },
      { firstDraw: 1 },
      { purpose: Purpose.VERDICT },
      { purpose: Purpose.FINISH },
      { purpose: Purpose.RESULT },
    ];
    const answers = await converse(opening(), ...changes.map((change) => query(all, change)));
    expect(new Set(answers.map(({ values }) => values.join())).size).toBe(changes.length);
    const [explicit] = await converse(opening(), query(all, { purpose: Purpose.GRADIENT }));
    expect(explicit).toEqual(answers[0]);
  });

  it('averages the draws from the first one on', async () => {
    const single = [0, 1, 2].map((firstDraw) => query(all, { firstDraw }));
    const [first, second, third, two] = await converse(opening(), ...single, query(all, { firstDraw: 1, draws: 2 }));
    expect(first?.values).not.toEqual(two?.values);
    for (const [row, value] of (two?.values ?? []).entries()) {
      expect(value).toBe(Math.fround(Math.fround((second?.values[row] ?? 0) + (third?.values[row] ?? 0)) / 2));
    }
  });

  it('judges as Predict does', async () => {
    const [answer] = await converse(opening(), query(all, { purpose: Purpose.VERDICT, valueOnly: true }));
    const request = { encoder: 'noisy', head: undefined, images: pointsOf(all), sampleIds: sampleIds.map(BigInt) };
    const { logits } = await encoder.client.predict({ ...request, seed: 7n, draws: 1, stopWhenDecided: false });
    expect(toNumbers(tensorOf(answer?.logits))).toEqual(toNumbers(tensorOf(logits)));
  });

  it.each<[string, Partial<Opening>, object]>([
    ['a head and noise', {}, { classes: toyClasses, stochastic: true, forward: 1, backward: 1, notes: [] }],
    ['neither', { encoder: 'headless', objective: featureMatching, labels: [] }, { classes: 0, stochastic: false }],
    [
      'augmented views',
      { encoder: 'toy', objective: infoNce },
      // Two views of the image; its logits are another pass.
      { classes: toyClasses, stochastic: true, forward: 3, backward: 2 },
    ],
  ])('says what looks are like before anything is asked: %s', async (_, change, plan) => {
    expect(await responsesTo(opening(change))).toMatchObject([{ values: [], plan }]);
  });
});

describe('a session that is wrong', () => {
  const toward = { objective: { ...crossEntropy, direction: Direction.TOWARD } };
  it.each<[string, readonly ValueAndGradientSessionRequest[], readonly string[]]>([
    ['nothing at all', [], ['message']],
    ['a query before the opening', [query([0])], ['message']],
    ['a second opening', [opening(), opening()], ['message']],
    ['an empty message', [opening(), { message: undefined }], ['message']],
    ['no objective and a negative seed', [opening({ objective: undefined, seed: -1n })], ['objective', 'seed']],
    ['labels of other images', [opening({ labels: [1] })], ['labels']],
    ['a target out of range', [opening(toward), query([1], { targets: [toyClasses] })], ['targets[0]']],
    ['no images', [opening(), query([0], { images: undefined })], ['images']],
    [
      'images of 8 bits',
      [opening(), query([0], { images: { ...toyImages([1]), datatype: 'UINT8' } })],
      ['images.datatype'],
    ],
    ['fewer rows than images', [opening(), query([0, 1], { rows: [1] })], ['images.shape']],
    ['a row that is not there', [opening(), query([0], { rows: [9] })], ['rows[0]']],
    ['a row twice', [opening(), query([0, 1], { rows: [3, 3] })], ['rows']],
    ['a negative restart, too many draws', [opening(), query([0], { restart: -1, draws: 1001 })], ['restart', 'draws']],
    ['draws past the last', [opening(), query([0], { firstDraw: 65_535, draws: 2 })], ['first_draw']],
    ['a purpose that is none', [opening(), query([0], { purpose: 9 as Purpose })], ['purpose']],
  ])('is refused for %s', async (_, messages, fields) => {
    const failure = await failureOf(converse(...messages));
    expect(failure).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
    const own = failure.violations.map(({ field }) => field.replace(/^(opening|query)\./, ''));
    expect(own).toEqual(fields);
  });

  it('names what the encoder lacks', async () => {
    const unknown = await failureOf(converse(opening({ encoder: 'nobody' })));
    expect(unknown).toMatchObject({ status: 'NOT_FOUND', reason: 'ENCODER_NOT_FOUND' });
    const headless = opening({ encoder: 'headless', objective: featureMatching, labels: [] });
    const failure = await failureOf(converse(headless, query(all)));
    expect(failure).toMatchObject({ status: 'FAILED_PRECONDITION', reason: 'PART_MISSING' });
    expect(await converse(headless, query(all, { withLogits: false }))).toHaveLength(1);
  });
});

describe('a session that is left', () => {
  /** Asks for one look more each time it is given an answer, and never ends by itself. */
  function endless(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}) {
    let ended = false;
    async function* requests() {
      try {
        yield opening();
        for (let step = 0; ; step++) yield query(all, { step, draws: 50 });
      } finally {
        ended = true;
      }
    }
    const answers = encoder.client.valueAndGradientSession(requests(), options)[Symbol.asyncIterator]();
    return { answers, hasEnded: () => ended };
  }

  async function untilFailure(answers: AsyncIterator<ValueAndGradientResponse>) {
    return failureOf(
      (async () => {
        while ((await answers.next()).done !== true);
      })(),
    );
  }

  it('keeps its deadline', async () => {
    const started = performance.now();
    const failure = await untilFailure(endless({ deadlineMs: 300 }).answers);
    expect(failure.status).toBe('DEADLINE_EXCEEDED');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('stops when it is cancelled, and the encoder is free for others', async () => {
    const controller = new AbortController();
    const { answers, hasEnded } = endless({ signal: controller.signal });
    await answers.next();
    controller.abort();
    expect((await untilFailure(answers)).status).toBe('CANCELLED');
    await expect.poll(hasEnded).toBe(true);
    expect((await once()).values).toHaveLength(all.length);
  });

  it('frees everything when its caller goes away', async () => {
    const { answers, hasEnded } = endless();
    await answers.next();
    await answers.return?.();
    await expect.poll(hasEnded).toBe(true);
    // Nothing is under way any more: a server that waits for its calls to end has none to wait for.
    const began = performance.now();
    await encoder.server.close(5_000);
    expect(performance.now() - began).toBeLessThan(2_000);
    await encoder.restart();
  });
});
