import { createHash } from 'node:crypto';
import {
  add,
  apply,
  cast,
  constant,
  conv,
  createGraph,
  encodeModel,
  gemm,
  globalAveragePool,
  input,
  mul,
  relu,
  reshape,
  round,
  scalarConstant,
  slice,
  sub,
  type Value,
} from '@parallax/graph';
import { Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { PreprocessingGradient as Gradient } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  RegisterEncoderRequest_OutputKind as OutputKind,
  PerturbRequest,
  PredictRequest,
  ValueAndGradientRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { Direction } from '@parallax/proto/parallax/objective/v1/objective';
import { collect, failureOf } from '@parallax/rpc/testing';
import { decodeTensor, elementCount, encodeTensor, float32, type Tensor, toNumbers, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomWeight } from './testing/random-weight.ts';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';
import { uploadModel } from './testing/upload-model.ts';

let encoder: RunningEncoder;
beforeAll(async () => {
  encoder = await startEncoder('sl');
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

const shape = [3, 6, 6];
const images = float32([4, ...shape], uniform({ seed: 1, purpose: 'preprocessing' }, 4 * elementCount(shape)));
/** 3 bits a pixel. */
const levels = 7;

/** Images [N, 3, 6, 6] → what a function makes of them, as an ONNX file. */
function fileOf(make: (x: Value) => Value, taken: readonly (number | string)[] = shape): Uint8Array {
  const x = input('pixels', ['N', ...taken]);
  return encodeModel(createGraph([x], { out: make(x) }));
}

const logits = (x: Value): Value => {
  const maps = relu(conv(x, randomWeight('kernel', [5, 3, 3, 3]), null));
  return gemm(reshape(maps, [-1, 80]), randomWeight('head', [4, 80]), { transB: true });
};
const model = fileOf(logits);

/** Bit depth reduction, through which no gradient passes. */
const coarse = (x: Value): Value => mul(round(mul(x, levels)), 1 / levels);
/** Another, whose exact gradient is 1 - 1 = 0 everywhere. */
const masked = (x: Value): Value => sub(x, apply('Mod', [x, scalarConstant(1 / 8)], { fmod: 1 })[0]);

const hardSigmoid = (x: Value): Value => apply('HardSigmoid', [x])[0];

/** What becomes noise on the image when the operator is renamed: graphs have no operator that draws. */
const withNoise = (x: Value): Value => add(x, mul(globalAveragePool(x), 0.25));

/** A file with an operator renamed to one of as many letters. */
function renamed(file: Uint8Array, op: string, other: string): Uint8Array {
  return Buffer.from(Buffer.from(file).toString('latin1').replace(op, other), 'latin1');
}

/** Uniform noise from 0 to 1/4, other for each sample. */
const noisy = () => renamed(fileOf(withNoise), 'GlobalAveragePool', 'RandomUniformLike');

/** Every second row and column. */
const halved = (x: Value): Value =>
  slice(
    x,
    [2, 3].map((axis) => ({ axis, start: 0, end: 12, step: 2 })),
  );

interface Preprocessed {
  readonly gradient?: Gradient;
  readonly surrogate?: Uint8Array;
  readonly model?: Uint8Array;
  readonly mean?: readonly number[];
}

function register(name: string, preprocessing: Uint8Array, options: Preprocessed = {}) {
  const { gradient = Gradient.UNSPECIFIED, surrogate, model: behind = model, mean = [] } = options;
  const announced = {
    sizeBytes: BigInt(preprocessing.length),
    sha256: sha256(preprocessing),
    gradient,
    surrogateSizeBytes: BigInt(surrogate?.length ?? 0),
    surrogateSha256: '',
  };
  const others = [preprocessing, ...(surrogate === undefined ? [] : [surrogate])];
  const header = { preprocessing: announced, inputMean: mean };
  return encoder.client.registerEncoder(uploadModel(name, behind, { header, others }));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a function makes of images. */
async function valuesOf(make: (x: Value) => Value): Promise<Tensor<'float32'>> {
  const x = input('x', ['N', ...shape]);
  const executable = await encoder.engine.compile(createGraph([x], { y: make(x) }));
  const { y } = await executable.run({ x: images });
  await executable.close();
  return y as Tensor<'float32'>;
}

async function logitsOf(name: string, at = images, seed = 0n): Promise<readonly number[]> {
  const request = { ...PredictRequest.create({ encoder: name, seed }), images: encodeTensor(at) };
  const answer = await encoder.client.predict(request);
  return answer.logits === undefined ? [] : toNumbers(decodeTensor(answer.logits));
}

/** The gradient of the cross-entropy of four images. */
async function gradientOf(name: string, at = images): Promise<readonly number[]> {
  const objective = { kind: { $case: 'crossEntropy' as const, value: { head: undefined } }, direction: Direction.AWAY };
  const request = { ...ValueAndGradientRequest.create({ encoder: name }), objective, labels: [0, 1, 2, 3] };
  const { gradient } = await encoder.client.valueAndGradient({ ...request, images: encodeTensor(at) });
  return gradient === undefined ? [] : toNumbers(decodeTensor(gradient));
}

describe('an encoder with a preprocessing', () => {
  beforeAll(async () => {
    await encoder.client.registerEncoder(uploadModel('plain', model));
    await encoder.client.registerEncoder(
      uploadModel(
        'by-hand',
        fileOf((x) => logits(coarse(x))),
      ),
    );
  });

  it('sees what the preprocessing makes, bit for bit, and is differentiated as if it made nothing', async () => {
    const { encoder: card, notes } = await register('straight', fileOf(coarse), { gradient: Gradient.IDENTITY });
    expect(await logitsOf('straight')).toEqual(await logitsOf('by-hand'));
    expect(await gradientOf('straight')).toEqual(await gradientOf('plain', await valuesOf(coarse)));
    expect(card).toMatchObject({
      inputShape: shape,
      differentiable: true,
      preprocessing: { sourceSha256: sha256(fileOf(coarse)), gradient: Gradient.IDENTITY, surrogateSha256: '' },
      provenance: { sourceSha256: sha256(model) },
    });
    expect(card?.operators).toContainEqual({ operator: 'Round', count: 1 });
    expect(card?.operators.map(({ operator }) => operator)).not.toContain('parallax.WithGradientOf');
    expect(notes.join()).toMatch(/take the preprocessing for the identity; it changes random images by up to 0.071/);
  });

  it('is the same after a restart, and its stored part is imported with its gradient', async () => {
    const { encoder: card } = await register('kept', fileOf(coarse), { gradient: Gradient.IDENTITY });
    const [before, digest] = [await gradientOf('kept'), card?.parts[0]?.digest ?? ''];
    await encoder.restart();
    expect(await gradientOf('kept')).toEqual(before);
    const header = { output: OutputKind.FEATURES };
    const stored = await encoder.artifacts.get(digest);
    const again = await encoder.client.registerEncoder(uploadModel('from-store', stored, { header }));
    expect(again.encoder?.differentiable).toBe(true);
    expect(again.notes.join()).toContain('The file itself names the gradients of some values');
  });

  it('has the gradient of a surrogate', async () => {
    const surrogate = fileOf((x) => mul(mul(x, x), x));
    const { encoder: card } = await register('surrogate', fileOf(coarse), { gradient: Gradient.SURROGATE, surrogate });
    expect(await logitsOf('surrogate')).toEqual(await logitsOf('by-hand'));
    const outer = await gradientOf('plain', await valuesOf(coarse));
    const expected = outer.map((slope, index) => slope * 3 * (images.data[index] ?? 0) ** 2);
    expectNear(await gradientOf('surrogate'), expected);
    expect(card?.preprocessing).toMatchObject({ gradient: Gradient.SURROGATE, surrogateSha256: sha256(surrogate) });
  });

  it('has its own gradient unless something else is asked for', async () => {
    await register(
      'exact',
      fileOf((x) => mul(x, x)),
    );
    const outer = await gradientOf('plain', await valuesOf((x) => mul(x, x)));
    const expected = outer.map((slope, index) => slope * 2 * (images.data[index] ?? 0));
    expectNear(await gradientOf('exact'), expected);
  });

  it('is normalised after it', async () => {
    const mean = [0.5, 0.25, 0.125];
    const centred = (x: Value) => sub(coarse(x), constant(float32([1, 3, 1, 1], mean)));
    await encoder.client.registerEncoder(
      uploadModel(
        'centred',
        fileOf((x) => logits(centred(x))),
      ),
    );
    await register('normalised', fileOf(coarse), { gradient: Gradient.IDENTITY, mean });
    expectNear(await logitsOf('normalised'), await logitsOf('centred'));
  });

  it('takes the images that the preprocessing takes', async () => {
    const { encoder: card } = await register('shrunk', fileOf(halved, [3, 12, 12]));
    expect(card).toMatchObject({ inputShape: [3, 12, 12], differentiable: true });
  });

  it('takes images of the model where the preprocessing takes any', async () => {
    const { encoder: card } = await register(
      'open',
      fileOf((x) => mul(x, 0.5), ['C', 'H', 'W']),
    );
    expect(card?.inputShape).toEqual(shape);
  });

  it('may draw noise: then the encoder is stochastic', async () => {
    const { encoder: card } = await register('noisy', noisy(), { gradient: Gradient.IDENTITY });
    expect(card).toMatchObject({
      stochastic: true,
      differentiable: true,
      noiseInputs: [{ name: 'draw.preprocessing', shape }],
    });
    await register('noisy-exact', noisy());
    expect(await gradientOf('noisy')).toEqual(await gradientOf('noisy-exact'));
    expect(await logitsOf('noisy')).toEqual(await logitsOf('noisy-exact'));
    expect(await logitsOf('noisy')).not.toEqual(await logitsOf('noisy', images, 1n));
    expect(await logitsOf('noisy', images, 1n)).toEqual(await logitsOf('noisy', images, 1n));
  });

  it('is attacked with gradients averaged over its noise, and the plan says whose they are', async () => {
    const attack = { name: 'pgd', budget: { norm: Norm.LINF, epsilon: 8 / 255 }, selection: Selection.TRANSFER };
    const request = (gradientDraws?: number) => ({
      ...PerturbRequest.fromPartial({
        encoder: 'noisy',
        attack: { ...attack, ...(gradientDraws && { gradientDraws }) },
      }),
      images: encodeTensor(images),
      labels: [0, 1, 2, 3],
    });
    const unsaid = await failureOf(collect(encoder.client.perturb(request())));
    expect(unsaid.reason).toBe('DRAWS_REQUIRED');
    const messages = await collect(encoder.client.perturb(request(3)));
    expect(messages[0]?.message).toMatchObject({
      $case: 'plan',
      value: { gradientDraws: 3, notes: [expect.stringMatching(/^BPDA: .* for the identity$/)] },
    });
    const outcomes = messages.flatMap(({ message }) => (message?.$case === 'chunk' ? message.value.outcomes : []));
    expect(outcomes.map(({ loss, cleanLoss }) => loss > cleanLoss)).toEqual([true, true, true, true]);
  });

  it('is warned of a gradient that is 0 everywhere, and of pixels outside [0, 1]', async () => {
    const { notes } = await register(
      'masked',
      fileOf((x) => mul(masked(x), 255)),
    );
    expect(notes.join('\n')).toMatch(/gradient of the preprocessing is 0 for all random images.*name identity/);
    expect(notes.join('\n')).toMatch(/numbers from 0.00 to 223 of random images/);
    expect(new Set((await gradientOf('masked')).map(Math.abs))).toEqual(new Set([0]));
  });
});

function expectNear(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((value, index) => {
    expect(value).toBeCloseTo(wanted[index] ?? Number.NaN, 5);
  });
}

describe('what is refused of a preprocessing', () => {
  const identity = { gradient: Gradient.IDENTITY };
  const surrogateOf = (make: (x: Value) => Value, taken?: readonly number[]) => ({
    gradient: Gradient.SURROGATE,
    surrogate: fileOf(make, taken),
  });
  const noise = input('noise', ['N', ...shape]);
  const pixels = input('pixels', ['N', ...shape]);
  const cases: readonly (readonly [string, Uint8Array, Preprocessed, string, RegExp])[] = [
    [
      'a file that is no ONNX',
      Buffer.from('hello'),
      identity,
      'MODEL_REFUSED',
      /^preprocessing: .*ONNX model.*5 bytes/,
    ],
    ['no gradient', fileOf(coarse), {}, 'INVALID_FIELD', /preprocessing.gradient: .*exact, and Round at main\.n1/],
    ['whole numbers', fileOf((x) => cast(x, 'uint8')), identity, 'MODEL_REFUSED', /output.*\[N, 3, 6, 6\].*uint8/s],
    [
      'images of another shape',
      fileOf((x) => x, [3, 8, 8]),
      identity,
      'MODEL_REFUSED',
      /\[N, 3, 6, 6\].*\[N, 3, 8, 8\]/,
    ],
    ['rows', fileOf((x) => x, [108]), identity, 'MODEL_REFUSED', /images \[N, C, H, W\].*float32 \[N, 108\]/],
    [
      'an identity that changes the shape',
      fileOf(halved, [3, 12, 12]),
      identity,
      'INVALID_FIELD',
      /gradient: .*changes the shape.*\[3, 12, 12\] becomes \[3, 6, 6\]/,
    ],
    [
      'noise that is fed',
      encodeModel(createGraph([pixels, noise], { out: add(pixels, noise) })),
      identity,
      'MODEL_REFUSED',
      /one input, the images, got float32 \[N, 3, 6, 6\], float32/,
    ],
    [
      'noise that is not drawn for each sample',
      renamed(fileOf(hardSigmoid), 'HardSigmoid', 'Multinomial'),
      identity,
      'UNSUPPORTED_OPERATOR',
      /^preprocessing: expected draws for each sample, by RandomNormalLike.*\(Multinomial\)/,
    ],
    [
      'a surrogate that draws noise',
      fileOf(coarse),
      { gradient: Gradient.SURROGATE, surrogate: noisy() },
      'UNSUPPORTED_OPERATOR',
      /^surrogate: expected no draws.*\(RandomUniformLike\)/,
    ],
    [
      'two outputs',
      encodeModel(createGraph([pixels], { a: relu(pixels), b: pixels })),
      identity,
      'MODEL_REFUSED',
      /one output, images.*float32 \[N, 3, 6, 6\], float32/,
    ],
    ['a surrogate without a gradient', fileOf(coarse), surrogateOf(coarse), 'MODEL_REFUSED', /^surrogate: .*Round at/],
    [
      'a surrogate of other images',
      fileOf(coarse),
      surrogateOf(halved, [3, 12, 12]),
      'MODEL_REFUSED',
      /^surrogate: expected images \[N, 3, 6, 6\], as the preprocessing takes/,
    ],
    ['no surrogate', fileOf(coarse), { gradient: Gradient.SURROGATE }, 'INVALID_FIELD', /surrogate_size_bytes/],
    [
      'a surrogate of nothing',
      fileOf(coarse),
      { gradient: Gradient.IDENTITY, surrogate: fileOf(relu) },
      'INVALID_FIELD',
      /surrogate_size_bytes: expected 0/,
    ],
  ];
  it.each(cases)('%s', async (_, preprocessing, options, reason, message) => {
    const failure = await failureOf(register('never', preprocessing, options));
    expect(failure).toMatchObject({ status: 'INVALID_ARGUMENT', reason });
    expect(failure.message).toMatch(message);
    expect((await failureOf(encoder.client.getEncoder({ name: 'never' }))).reason).toBe('ENCODER_NOT_FOUND');
  });

  it('fewer and more bytes than were announced', async () => {
    const file = fileOf(relu);
    const announced = { sizeBytes: BigInt(file.length), sha256: '', gradient: Gradient.EXACT };
    const header = { preprocessing: { ...announced, surrogateSizeBytes: 0n, surrogateSha256: '' } };
    const send = (others: readonly Uint8Array[]) =>
      failureOf(encoder.client.registerEncoder(uploadModel('never', model, { header, others })));
    expect((await send([])).message).toMatch(`chunk: expected ${file.length} bytes in all, as the header says, got 0`);
    expect((await send([file, Buffer.of(1)])).message).toMatch(
      `expected ${model.length + file.length} bytes in all, as the header says, got at least`,
    );
  });
});
