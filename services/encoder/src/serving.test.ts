import { InferTensorContents, ModelInferRequest } from '@parallax/proto/inference/grpc_predict_v2';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import {
  EmbedRequest,
  RegisterEncoderRequest_Header as Header,
  PredictRequest,
  type RegisterEncoderRequest,
  EmbedRequest_Space as Space,
  ValueAndGradientRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { Direction, type Objective } from '@parallax/proto/parallax/objective/v1/objective';
import { failureOf } from '@parallax/rpc/testing';
import { decodeTensor, gatherBatch, sliceBatch, type Tensor, toNumbers, type WireTensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';
import { putToyBundle, putToyHead, toyClasses, toyImages, toyShape } from './testing/toy-bundle.ts';

let encoder: RunningEncoder;
let head: string;

beforeAll(async () => {
  encoder = await startEncoder('sl');
  await register('toy', await putToyBundle(encoder.artifacts));
  await register('noisy', await putToyBundle(encoder.artifacts, { stochastic: true }));
  await register('headless', await putToyBundle(encoder.artifacts, { head: false }));
  head = await putToyHead(encoder.artifacts, 4);
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

const ids = (count: number) => Array.from({ length: count }, (_, index) => index * 3 + 1);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const bigints = (values: readonly number[]) => values.map(BigInt);
const crossEntropy: Objective = {
  kind: { $case: 'crossEntropy', value: { head: undefined } },
  direction: Direction.AWAY,
};

function register(name: string, bundleDigest: string, header: Partial<Header> = {}) {
  async function* upload(): AsyncGenerator<RegisterEncoderRequest> {
    const value = { ...Header.create({ name, paradigm: Paradigm.SL, bundleDigest }), ...header };
    yield { message: { $case: 'header', value } };
  }
  return encoder.client.registerEncoder(upload());
}

describe('the registry', () => {
  it('describes an encoder', async () => {
    const { encoder: card } = await encoder.client.getEncoder({ name: 'noisy' });
    expect(card).toMatchObject({
      name: 'noisy',
      paradigm: Paradigm.SL,
      architecture: 'toy',
      inputShape: [...toyShape],
      featureDimension: 96,
      classes: toyClasses,
      stochastic: true,
      noiseInputs: [{ name: 'draw.toy.noise', shape: [...toyShape] }],
      differentiable: true,
      gradientBlocker: '',
    });
    expect(card?.parts.map(({ role }) => role)).toEqual([1, 5]);
    expect(card?.operators).toContainEqual({ operator: 'Conv', count: 1 });
  });

  it('lists encoders by name, page by page', async () => {
    const first = await encoder.client.listEncoders({ pageSize: 2, pageToken: '' });
    const second = await encoder.client.listEncoders({ pageSize: 2, pageToken: first.nextPageToken });
    const names = [...first.encoders, ...second.encoders].map(({ name }) => name);
    expect(names).toEqual(['headless', 'noisy', 'toy']);
    expect(second.nextPageToken).toBe('');
  });

  it('forgets a name', async () => {
    await register('passing', await putToyBundle(encoder.artifacts));
    await encoder.client.unregisterEncoder({ name: 'passing' });
    expect(await failureOf(encoder.client.getEncoder({ name: 'passing' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'ENCODER_NOT_FOUND',
      facts: { encoder: 'passing', known: 'headless, noisy, toy' },
    });
  });

  it('gives a name once', async () => {
    const other = await putToyBundle(encoder.artifacts, { stochastic: true });
    expect(await failureOf(register('toy', other))).toMatchObject({ status: 'ALREADY_EXISTS', reason: 'NAME_TAKEN' });
    await register('toy', await putToyBundle(encoder.artifacts));
  });

  it.each([
    ['a name that is none', { name: 'Toy 1' }, 'INVALID_ARGUMENT', 'header.name'],
    ['another paradigm', { paradigm: Paradigm.CL }, 'INVALID_ARGUMENT', 'header.paradigm'],
    ['a bundle that is not there', { bundleDigest: '0'.repeat(64) }, 'NOT_FOUND', ''],
    ['a file without a size', { bundleDigest: '' }, 'INVALID_ARGUMENT', 'header.size_bytes'],
  ])('refuses %s', async (_, header, status, field) => {
    const failure = await failureOf(register('new', await putToyBundle(encoder.artifacts), header));
    expect(failure.status).toBe(status);
    if (field !== '') expect(failure.violations.map((violation) => violation.field)).toEqual([field]);
  });

  it('refuses bundles of another paradigm, and artifacts that are none', async () => {
    const other = await failureOf(register('new', await putToyBundle(encoder.artifacts, { paradigm: 'cl' })));
    expect(other.violations).toMatchObject([{ field: 'header.bundle_digest' }]);
    expect((await failureOf(register('new', head))).violations).toMatchObject([{ field: 'bundle_digest' }]);
  });
});

/** Asks for samples in parts of a size and joins the answers. */
async function inBatches(
  order: readonly number[],
  size: number,
  ask: (sampleIds: readonly number[]) => Promise<Tensor>,
): Promise<ReadonlyMap<number, Tensor>> {
  const rows = new Map<number, Tensor>();
  for (let start = 0; start < order.length; start += size) {
    const part = order.slice(start, start + size);
    const answer = await ask(part);
    for (const [row, id] of part.entries()) rows.set(id, sliceBatch(answer, row, row + 1));
  }
  return rows;
}

const asks: Readonly<Record<string, (name: string) => (sampleIds: readonly number[]) => Promise<Tensor>>> = {
  embed: (name) => async (sampleIds) => {
    const request = EmbedRequest.create({ encoder: name, images: toyImages(sampleIds), seed: 7n });
    const { vectors } = await encoder.client.embed({ ...request, sampleIds: bigints(sampleIds) });
    return decodeTensor(vectors as NonNullable<typeof vectors>);
  },
  predict: (name) => async (sampleIds) => {
    const request = PredictRequest.create({ encoder: name, images: toyImages(sampleIds), seed: 7n });
    const { logits } = await encoder.client.predict({ ...request, sampleIds: bigints(sampleIds) });
    return decodeTensor(logits as NonNullable<typeof logits>);
  },
  gradient: (name) => async (sampleIds) => {
    const request = ValueAndGradientRequest.create({
      encoder: name,
      images: toyImages(sampleIds),
      seed: 7n,
      step: 3,
      draws: 2,
    });
    const labels = sampleIds.map((id) => id % toyClasses);
    const answer = { ...request, objective: crossEntropy, labels, sampleIds: bigints(sampleIds) };
    const { gradient } = await encoder.client.valueAndGradient(answer);
    return decodeTensor(gradient as NonNullable<typeof gradient>);
  },
};

describe.each(Object.keys(asks))('%s', (kind) => {
  it.each(['toy', 'noisy'])('of %s depends neither on the batch nor on the order', async (name) => {
    const ask = (asks[kind] as (typeof asks)[string])(name);
    const order = ids(64);
    const whole = await inBatches(order, 64, ask);
    expect(await inBatches(order, 7, ask)).toEqual(whole);
    const some = order.filter((_, index) => index % 8 === 3);
    for (const [id, row] of await inBatches(some, 1, ask)) expect(row).toEqual(whole.get(id));
    const backwards = await inBatches([...order].reverse(), 64, ask);
    for (const id of order) expect(backwards.get(id)).toEqual(whole.get(id));
  });
});

describe('predict', () => {
  it('says the class of the largest logit, through the head that is named', async () => {
    const sampleIds = ids(9);
    for (const named of [undefined, { head: { $case: 'artifactDigest' as const, value: head } }]) {
      const request = { ...PredictRequest.create({ encoder: 'toy', images: toyImages(sampleIds) }), head: named };
      const { classes, logits, votes, draws } = await encoder.client.predict(request);
      const rows = decodeTensor(logits as NonNullable<typeof logits>);
      expect(rows.dims).toEqual([9, named === undefined ? toyClasses : 4]);
      const largest = classes.map((_, row) => {
        const values = toNumbers(gatherBatch(rows, [row]));
        return values.indexOf(Math.max(...values));
      });
      expect(classes).toEqual(largest);
      expect([votes, draws]).toEqual([undefined, 1]);
    }
  });

  it('lets the draws of a stochastic encoder vote', async () => {
    const request = PredictRequest.create({ encoder: 'noisy', images: toyImages(ids(5)) });
    const { classes, votes, draws } = await encoder.client.predict(request);
    expect(draws).toBe(20);
    const rows = decodeTensor(votes as NonNullable<typeof votes>);
    for (const [row, winner] of classes.entries()) {
      const counts = toNumbers(gatherBatch(rows, [row]));
      expect(counts.reduce((sum, count) => sum + count)).toBe(20);
      expect(winner).toBe(counts.indexOf(Math.max(...counts)));
    }
    const again = await encoder.client.predict(PredictRequest.create({ ...request, draws: 1 }));
    expect(again.draws).toBe(1);
  });

  it.each([1, 2, 3, 20, 21])('finds the same classes of %i draws when it stops at the decision', async (draws) => {
    const request = PredictRequest.create({ encoder: 'noisy', images: toyImages(ids(7)), draws });
    const all = await encoder.client.predict(request);
    const stopped = await encoder.client.predict({ ...request, stopWhenDecided: true });
    expect(stopped.classes).toEqual(all.classes);
    const [made = [], full = []] = [stopped, all].map(({ votes }) => toNumbers(decodeTensor(votes as WireTensor)));
    expect(made.every((count, index) => count <= (full[index] ?? 0))).toBe(true);
    if (draws >= 20) expect(sum(made)).toBeLessThan(sum(full));
  });

  it.each([
    ['an unknown encoder', { encoder: 'nobody' }, 'NOT_FOUND', 'ENCODER_NOT_FOUND', []],
    [
      'an unknown head',
      { head: { head: { $case: 'artifactDigest' as const, value: '0'.repeat(64) } } },
      'NOT_FOUND',
      'HEAD_NOT_FOUND',
      [],
    ],
    ['an encoder without a head', { encoder: 'headless' }, 'FAILED_PRECONDITION', 'PART_MISSING', []],
    [
      'a malformed head',
      { head: { head: { $case: 'artifactDigest' as const, value: 'abc' } } },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['head.artifact_digest'],
    ],
    ['no images', { images: undefined }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['images']],
    [
      'sample ids given twice, a seed and draws out of range',
      { sampleIds: [1n, 1n, 2n], seed: -1n, draws: 1001 },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['sample_ids', 'seed', 'draws'],
    ],
  ])('refuses %s', async (_, change, status, reason, fields) => {
    const request = { ...PredictRequest.create({ encoder: 'toy', images: toyImages([1, 2, 3]) }), ...change };
    const failure = await failureOf(encoder.client.predict(request));
    expect(failure).toMatchObject({ status, reason });
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });

  it('refuses a head for other features', async () => {
    const other = await putToyHead(encoder.artifacts, 4, 50);
    const named = { head: { $case: 'artifactDigest' as const, value: other } };
    const request = { ...PredictRequest.create({ encoder: 'toy', images: toyImages([1]) }), head: named };
    expect((await failureOf(encoder.client.predict(request))).violations).toMatchObject([
      { field: 'head.artifact_digest' },
    ]);
  });
});

describe('embed', () => {
  it('refuses projections of an encoder without a projector', async () => {
    const request = EmbedRequest.create({ encoder: 'toy', images: toyImages([1]), space: Space.PROJECTIONS });
    expect(await failureOf(encoder.client.embed(request))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'PART_MISSING',
      facts: { part: 'project' },
    });
  });
});

describe('value and gradient', () => {
  const request = () => ({
    ...ValueAndGradientRequest.create({ encoder: 'toy', images: toyImages([1, 2]) }),
    labels: [0, 1],
    objective: crossEntropy,
  });

  it('is the cross-entropy of the logits, and its slope', async () => {
    const { values, gradient, logits } = await encoder.client.valueAndGradient({ ...request(), withLogits: true });
    const rows = decodeTensor(logits as NonNullable<typeof logits>);
    for (const [row, value] of values.entries()) {
      const own = toNumbers(gatherBatch(rows, [row]));
      const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
      expect(value).toBeCloseTo(Math.log(total) - (own[row] ?? 0), 5);
    }
    const slope = decodeTensor(gradient as NonNullable<typeof gradient>);
    expect(slope.dims).toEqual([2, ...toyShape]);
    const moved = decodeTensor(request().images as ReturnType<typeof toyImages>) as Tensor<'float32'>;
    const step = 1e-3;
    const at = 20;
    moved.data[at] = (moved.data[at] ?? 0) + step;
    const images = { ...toyImages([1, 2]), contents: Buffer.from(moved.data.buffer) };
    const after = await encoder.client.valueAndGradient({ ...request(), images, valueOnly: true });
    expect(after.gradient).toBeUndefined();
    expect(((after.values[0] ?? 0) - (values[0] ?? 0)) / step).toBeCloseTo(toNumbers(slope)[at] ?? 0, 2);
  });

  it('averages draws, and tells negatives apart by their bytes', async () => {
    const infoNce: Objective = {
      kind: {
        $case: 'infoNce',
        value: { useProjector: false, augment: true, temperature: 0.5, positive: 0 },
      },
      direction: Direction.AWAY,
    };
    const ask = (references: ReturnType<typeof toyImages> | undefined) =>
      encoder.client.valueAndGradient({ ...request(), objective: infoNce, labels: [], draws: 3, references });
    const { values } = await ask(undefined);
    expect(values.every((value) => value > 0)).toBe(true);
    // With the images of the request as references every sample has the same negatives as without.
    expect((await ask(toyImages([1, 2]))).values).toEqual(values);
  });

  it.each([
    ['no objective', { objective: undefined }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['objective']],
    ['labels out of range', { labels: [0, 5] }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['labels[1]']],
    ['missing labels', { labels: [] }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['labels']],
    ['references of no use', { references: toyImages([1, 2]) }, 'INVALID_ARGUMENT', 'INVALID_FIELD', ['references']],
    [
      'a setting out of range',
      { objective: { kind: { $case: 'maeReconstruction', value: { maskRatio: 2, allPixels: false } }, direction: 1 } },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['objective.maskRatio'],
    ],
    [
      'an objective the encoder cannot express',
      { objective: { kind: { $case: 'ddpmNoise', value: { timestep: 3 } }, direction: 1 } },
      'FAILED_PRECONDITION',
      'PART_MISSING',
      [],
    ],
    [
      'clean images that do not fit',
      { cleanImages: toyImages([1]) },
      'INVALID_ARGUMENT',
      'INVALID_FIELD',
      ['clean_images.shape'],
    ],
  ] as const)('refuses %s', async (_, change, status, reason, fields) => {
    const failure = await failureOf(
      encoder.client.valueAndGradient({ ...request(), ...change } as ValueAndGradientRequest),
    );
    expect(failure).toMatchObject({ status, reason });
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });
});

describe('the Open Inference Protocol', () => {
  const infer = (change: Partial<ModelInferRequest> = {}) => {
    const { datatype, shape, contents } = toyImages([1, 2]);
    const input = { name: 'images', datatype, shape: shape.map(BigInt), parameters: {}, contents: undefined };
    const request = { ...ModelInferRequest.create({ modelName: 'toy', id: 'a' }), rawInputContents: [contents] };
    return encoder.inference.modelInfer({ ...request, inputs: [input], ...change });
  };

  it('says what it serves', async () => {
    expect(await encoder.inference.serverLive({})).toEqual({ live: true });
    expect(await encoder.inference.serverReady({})).toEqual({ ready: true });
    expect(await encoder.inference.serverMetadata({})).toMatchObject({ name: 'parallax-encoder', extensions: [] });
    expect(await encoder.inference.modelReady({ name: 'toy', version: '' })).toEqual({ ready: true });
    expect(await encoder.inference.modelReady({ name: 'toy', version: 'other' })).toEqual({ ready: false });
    expect(await encoder.inference.modelReady({ name: 'nobody', version: '' })).toEqual({ ready: false });
    expect(await encoder.inference.modelMetadata({ name: 'headless', version: '' })).toMatchObject({
      inputs: [{ name: 'images', datatype: 'FP32', shape: [-1n, 3n, 7n, 7n] }],
      outputs: [{ name: 'features', datatype: 'FP32', shape: [-1n, 96n] }],
    });
  });

  it('embeds and classifies as our own contract does', async () => {
    const { outputs, rawOutputContents, id } = await infer();
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['features', [2n, 96n]],
      ['logits', [2n, 5n]],
    ]);
    expect(id).toBe('a');
    const images = toyImages([1, 2]);
    const { vectors } = await encoder.client.embed({ ...EmbedRequest.create({ encoder: 'toy' }), images });
    const { logits } = await encoder.client.predict({ ...PredictRequest.create({ encoder: 'toy' }), images });
    expect(rawOutputContents).toEqual([vectors?.contents, logits?.contents]);
  });

  it('answers typed contents with typed contents', async () => {
    const shape = [1n, ...toyShape.map(BigInt)];
    const contents = { ...InferTensorContents.create(), uintContents: Array.from({ length: 147 }, (_, at) => at) };
    const input = { name: 'images', datatype: 'UINT8', shape, parameters: {}, contents };
    const wanted = [{ name: 'logits', parameters: {} }];
    const { outputs, rawOutputContents } = await infer({ inputs: [input], outputs: wanted, rawInputContents: [] });
    expect(rawOutputContents).toEqual([]);
    expect(outputs[0]?.contents?.fp32Contents).toHaveLength(toyClasses);
  });

  it.each<[string, Partial<ModelInferRequest>, string, readonly string[]]>([
    ['an unknown model', { modelName: 'nobody' }, 'NOT_FOUND', []],
    ['another version', { modelVersion: 'other' }, 'NOT_FOUND', []],
    [
      'no input, an unknown output and parameter',
      {
        inputs: [],
        outputs: [{ name: 'classes', parameters: {} }],
        parameters: { speed: { parameterChoice: undefined } },
      },
      'INVALID_ARGUMENT',
      ['inputs', 'parameters.speed', 'outputs[0].name'],
    ],
    ['too few bytes', { rawInputContents: [Buffer.alloc(4)] }, 'INVALID_ARGUMENT', ['inputs[0].contents']],
  ])('refuses %s', async (_, change, status, fields) => {
    const failure = await failureOf(infer(change));
    expect(failure.status).toBe(status);
    expect(failure.violations.map(({ field }) => field)).toEqual(fields);
  });
});
