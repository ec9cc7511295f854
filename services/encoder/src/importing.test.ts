import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  add,
  argMax,
  cast,
  constant,
  conv,
  createGraph,
  encodeModel,
  gemm,
  globalAveragePool,
  input,
  matMul,
  mul,
  relu,
  reshape,
  round,
  softmax,
  transpose,
  type Value,
} from '@parallax/graph';
import {
  EmbedRequest,
  RegisterEncoderRequest_OutputKind as OutputKind,
  PredictRequest,
  ValueAndGradientRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { Direction } from '@parallax/proto/parallax/objective/v1/objective';
import { failureOf } from '@parallax/rpc/testing';
import { decodeTensor, elementCount, encodeTensor, float32, toNumbers, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomWeight } from './testing/random-weight.ts';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';
import { type Upload, uploadModel } from './testing/upload-model.ts';

let encoder: RunningEncoder;
beforeAll(async () => {
  encoder = await startEncoder('sl');
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

const shape = [3, 6, 6];
const pixels = elementCount(shape);
const images = float32([4, ...shape], uniform({ seed: 1, purpose: 'import' }, 4 * pixels));

const kernel = () => randomWeight('kernel', [5, 3, 3, 3]);
const head = () => randomWeight('head', [4, 5]);

/** images [N, 3, 6, 6] → features [N, 5] */
function featuresOf(x: Value): Value {
  return reshape(globalAveragePool(relu(conv(x, kernel(), null))), [-1, 5]);
}

/** A small classifier as an ONNX file: `end` makes its output of the logits [N, 4]. */
function classifier(end: (logits: Value) => Value = (logits) => logits): Uint8Array {
  const x = input('pixels', ['N', ...shape]);
  return encodeModel(createGraph([x], { out: end(gemm(featuresOf(x), head(), { transB: true })) }));
}

function upload(name: string, bytes: Uint8Array, options?: Upload) {
  return encoder.client.registerEncoder(uploadModel(name, bytes, options));
}

async function logitsOf(name: string): Promise<readonly number[]> {
  const { logits } = await encoder.client.predict({
    ...PredictRequest.create({ encoder: name }),
    images: encodeTensor(images),
  });
  return logits === undefined ? [] : toNumbers(decodeTensor(logits));
}

/** The cross-entropy of the test images and its gradient. */
function gradientAt(name: string) {
  const objective = {
    kind: { $case: 'crossEntropy' as const, value: { head: undefined } },
    direction: Direction.AWAY,
  };
  const request = { ...ValueAndGradientRequest.create({ encoder: name }), objective, labels: [0, 1, 2, 3] };
  return encoder.client.valueAndGradient({ ...request, images: encodeTensor(images) });
}

/** Every file of the artifact store. */
async function storedFiles(): Promise<readonly string[]> {
  return (await readdir(path.join(encoder.home, 'artifacts'), { recursive: true })).sort();
}

function expectNear(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((value, index) => {
    expect(value).toBeCloseTo(wanted[index] ?? Number.NaN, 5);
  });
}

describe('an imported classifier', () => {
  it('has a card', async () => {
    const bytes = classifier();
    const { encoder: card, notes } = await upload('plain', bytes, { header: { architecture: 'tiny' } });
    expect(card).toMatchObject({
      name: 'plain',
      architecture: 'tiny',
      inputShape: shape,
      featureDimension: 5,
      classes: 4,
      parameters: BigInt(5 * 27 + 20),
      macs: BigInt(5 * 27 * 16),
      differentiable: true,
      gradientBlocker: '',
      provenance: {
        sourceSha256: createHash('sha256').update(bytes).digest('hex'),
        sourceOpset: 21,
        sourceProducer: 'parallax',
      },
    });
    expect(card?.parts.map(({ role }) => role)).toEqual([1, 5]);
    expect(notes).toEqual([
      'The model is given images in [0, 1] as they are; name a mean and a deviation if it expects others.',
    ]);
    expect((await encoder.client.getEncoder({ name: 'plain' })).encoder).toEqual(card);
  });

  it('is the same encoder when it is imported again', async () => {
    const first = await upload('again', classifier());
    const second = await upload('again', classifier(), { chunkBytes: 77 });
    expect(second).toEqual(first);
  });

  it('sees normalised images', async () => {
    const mean = [0.5, 0.4, 0.3];
    const deviation = [0.2, 0.3, 0.4];
    await upload('normalised', classifier(), { header: { inputMean: mean, inputDeviation: deviation } });
    const x = input('pixels', ['N', ...shape]);
    const perChannel = (values: readonly number[]) => constant(float32([1, 3, 1, 1], values));
    const scaled = mul(
      add(x, perChannel(mean.map((value) => -value))),
      perChannel(deviation.map((value) => 1 / value)),
    );
    const byHand = encodeModel(createGraph([x], { out: gemm(featuresOf(scaled), head(), { transB: true }) }));
    await upload('by-hand', byHand);
    expectNear(await logitsOf('normalised'), await logitsOf('by-hand'));
  });

  it('gives a gradient', async () => {
    await upload('attacked', classifier());
    const answer = await gradientAt('attacked');
    expect(answer.gradient?.shape).toEqual([4, ...shape]);
    expect(Math.max(...toNumbers(decodeTensor(answer.gradient ?? encodeTensor(images))).map(Math.abs))).toBeGreaterThan(
      0,
    );
  });
});

describe('what is found out about a model', () => {
  beforeAll(async () => {
    await upload('reference', classifier());
  });

  const endings: readonly (readonly [string, (logits: Value) => Value, RegExp])[] = [
    ['a softmax', (logits) => softmax(logits), /Output out is probabilities, not logits: the input of its Softmax/],
    ['classes', (logits) => argMax(logits, 1), /Output out is classes, not logits: the input of its ArgMax/],
    ['classes of probabilities', (logits) => argMax(softmax(logits), 1), /ArgMax.*Softmax/s],
    ['two axes of length 1', (logits) => reshape(logits, [-1, 4, 1, 1]), /^(?!.*Output)/s],
    ['a temperature', (logits) => mul(mul(logits, 2), 0.5), /^(?!.*Output)/s],
  ];
  it.each(endings)('logits before %s', async (_, end, note) => {
    const { encoder: card, notes } = await upload('ended', classifier(end));
    expect(card).toMatchObject({ featureDimension: 5, classes: 4 });
    expect(notes.join('\n')).toMatch(note);
    expectNear(await logitsOf('ended'), await logitsOf('reference'));
    await encoder.client.unregisterEncoder({ name: 'ended' });
  });

  const inputs: readonly (readonly [string, readonly number[], (x: Value) => Value, readonly number[]])[] = [
    ['channels last', [6, 6, 3], (x) => transpose(x, [0, 3, 1, 2]), []],
    ['one row an image', [pixels], (x) => reshape(x, [-1, ...shape]), []],
    ['one row an image of a named shape', [pixels], (x) => reshape(x, [-1, ...shape]), shape],
  ];
  it.each(inputs)('images with %s', async (_, taken, arrange, inputShape) => {
    const x = input('pixels', ['N', ...taken]);
    const bytes = encodeModel(createGraph([x], { out: gemm(featuresOf(arrange(x)), head(), { transB: true }) }));
    const { encoder: card } = await upload('arranged', bytes, { header: { inputShape } });
    expect(card?.inputShape).toEqual(shape);
    expectNear(await logitsOf('arranged'), await logitsOf('reference'));
    await encoder.client.unregisterEncoder({ name: 'arranged' });
  });

  it('features of a model without classes', async () => {
    const x = input('pixels', ['N', ...shape]);
    const bytes = encodeModel(createGraph([x], { maps: relu(conv(x, kernel(), null)) }));
    const { encoder: card } = await upload('maps', bytes, { header: { output: OutputKind.FEATURES } });
    expect(card).toMatchObject({ featureDimension: 5 * 16, classes: 0 });
    const request = { ...EmbedRequest.create({ encoder: 'maps' }), images: encodeTensor(images) };
    expect((await encoder.client.embed(request)).vectors?.shape).toEqual([4, 80]);
  });

  it('the node that lets no gradient through', async () => {
    const x = input('pixels', ['N', ...shape]);
    const whole = cast(cast(featuresOf(x), 'int64'), 'float32');
    const bytes = encodeModel(createGraph([x], { out: gemm(whole, head(), { transB: true }) }));
    const { encoder: card } = await upload('blocked', bytes);
    expect(await failureOf(gradientAt('blocked'))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'NOT_DIFFERENTIABLE',
      facts: { operator: 'Cast', node: expect.stringMatching(/^main\.n\d+$/) },
    });
    expect(card).toMatchObject({
      differentiable: false,
      gradientBlocker: expect.stringMatching(/^Cast at main\.n\d+$/),
    });
  });

  it('logits that hang on more than the last layer', async () => {
    const x = input('pixels', ['N', ...shape]);
    const features = featuresOf(x);
    const sizes = matMul(features, randomWeight('square', [5, 4]));
    const bytes = encodeModel(createGraph([x], { out: add(gemm(features, head(), { transB: true }), sizes) }));
    const { encoder: card, notes } = await upload('forked', bytes);
    expect(card).toMatchObject({ featureDimension: 4, classes: 4 });
    expect(notes.join()).toContain('the logits themselves are the features');
  });
});

describe('what is refused', () => {
  const good = classifier();
  const digest = createHash('sha256').update(good).digest('hex');
  const withInputs = (...inputs: readonly Value[]) =>
    encodeModel(
      createGraph(inputs, { out: gemm(featuresOf(cast(inputs[0] as Value, 'float32')), head(), { transB: true }) }),
    );
  const image = input('pixels', ['N', ...shape]);
  const cases: readonly (readonly [string, Uint8Array, Upload, string, RegExp])[] = [
    ['a file that is no ONNX', Buffer.from('hello, world'), {}, 'MODEL_REFUSED', /model: expected an ONNX model/],
    ['a truncated file', good.subarray(0, 700), {}, 'MODEL_REFUSED', /model: expected an ONNX model/],
    [
      'fewer bytes than announced',
      good,
      { header: { sizeBytes: 9999n } },
      'INVALID_FIELD',
      /chunk: expected 9999 bytes in all/,
    ],
    [
      'more bytes than announced',
      good,
      { header: { sizeBytes: 500n } },
      'INVALID_FIELD',
      /chunk: expected 500 bytes in all.*at least/,
    ],
    ['no size', good, { header: { sizeBytes: 0n } }, 'INVALID_FIELD', /size_bytes: expected 1 to 2147483648/],
    ['a size over the limit', good, { header: { sizeBytes: 2n ** 31n + 1n } }, 'INVALID_FIELD', /size_bytes/],
    [
      'another sha256',
      good,
      { header: { sha256: '0'.repeat(64) } },
      'INVALID_FIELD',
      new RegExp(`sha256: expected .*${digest}`),
    ],
    ['a sha256 that is none', good, { header: { sha256: 'abc' } }, 'INVALID_FIELD', /sha256: expected 64/],
    [
      'means of another length',
      good,
      { header: { inputMean: [0.5, 0.5] } },
      'INVALID_FIELD',
      /input_mean: expected none, or 3.*got 2/,
    ],
    [
      'a deviation of 0',
      good,
      { header: { inputDeviation: [1, 0, 1] } },
      'INVALID_FIELD',
      /input_deviation: .*greater than 0/,
    ],
    [
      'a mean that is no number',
      good,
      { header: { inputMean: [Number.NaN, 0, 0] } },
      'INVALID_FIELD',
      /input_mean: expected finite/,
    ],
    [
      'logits that are not there',
      good,
      { header: { logitsTensor: 'nobody' } },
      'INVALID_FIELD',
      /logits_tensor: .*outputs are out.*"nobody"/,
    ],
    [
      'features that are not there',
      good,
      { header: { featuresTensor: 'x' } },
      'INVALID_FIELD',
      /features_tensor: .*"x"/,
    ],
    [
      'a shape of another image',
      good,
      { header: { inputShape: [3, 8, 8] } },
      'INVALID_FIELD',
      /input_shape: .*\[3, 8, 8\]/,
    ],
    [
      'a shape that is none',
      good,
      { header: { inputShape: [3, 0, 8] } },
      'INVALID_FIELD',
      /input_shape: .*\[3, 0, 8\]/,
    ],
    ['several inputs', withInputs(image, input('second', ['N', 3])), {}, 'MODEL_REFUSED', /one input.*pixels.*second/],
    [
      'whole numbers',
      withInputs(input('pixels', ['N', ...shape], 'uint8')),
      {},
      'MODEL_REFUSED',
      /floating-point.*uint8/,
    ],
    [
      'no logits',
      encodeModel(createGraph([image], { out: relu(image) })),
      {},
      'MODEL_REFUSED',
      /logits \[N, K\].*out: float32/,
    ],
  ];
  it.each(cases)('%s', async (_, bytes, options, reason, message) => {
    const failure = await failureOf(upload('never', bytes, options));
    expect(failure).toMatchObject({ status: 'INVALID_ARGUMENT', reason });
    expect(failure.message).toMatch(message);
    expect((await failureOf(encoder.client.getEncoder({ name: 'never' }))).reason).toBe('ENCODER_NOT_FOUND');
  });

  it('an operator that we do not have', async () => {
    const strange = Buffer.from(classifier().map((byte) => byte));
    strange.write('Rela', strange.indexOf('Relu'));
    expect(await failureOf(upload('never', strange))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'UNSUPPORTED_OPERATOR',
      facts: { operator: 'Rela', domain: 'ai.onnx', opset: '21', node: expect.stringMatching(/^main\.n\d+$/) },
    });
  });

  it('a name that is taken, and nothing is stored', async () => {
    await upload('taken', classifier());
    const before = await storedFiles();
    const other = classifier((logits) => round(logits));
    expect(await failureOf(upload('taken', other))).toMatchObject({ status: 'ALREADY_EXISTS', reason: 'NAME_TAKEN' });
    expect(before.length).toBeGreaterThan(0);
    expect(await storedFiles()).toEqual(before);
  });

  it('one of two at the same time that want a name, and nothing of it is stored', async () => {
    const models = [classifier((logits) => round(logits)), classifier((logits) => relu(logits))];
    const header = { inputMean: [0.1, 0.2, 0.3], inputDeviation: [0.5, 0.5, 0.5] };
    const outcomes = await Promise.allSettled(models.map((bytes) => upload('wanted', bytes, { header })));
    const refusals = outcomes.filter(({ status }) => status === 'rejected');
    expect(refusals).toHaveLength(1);
    const loser = outcomes.findIndex(({ status }) => status === 'rejected');
    const again = models[loser] as Uint8Array;
    expect(await failureOf(upload('wanted', again, { header }))).toMatchObject({ reason: 'NAME_TAKEN' });
    const stored = await storedFiles();
    // The loser's bundle comes only with a name of its own.
    await upload('unwanted', again, { header });
    expect((await storedFiles()).length).toBeGreaterThan(stored.length);
    expect(await logitsOf('wanted')).toHaveLength(16);
    expect(await logitsOf('unwanted')).toHaveLength(16);
  });

  it('nothing of two equal ones at the same time', async () => {
    const both = await Promise.all([upload('twins', classifier()), upload('twins', classifier())]);
    expect(new Set(both.map(({ encoder: made }) => made?.bundleDigest)).size).toBe(1);
  });
});
