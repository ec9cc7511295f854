import { AttackSpec, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { PartRole } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  EmbedRequest,
  EncoderServiceService,
  ValueAndGradientSessionRequest_Opening as Opening,
  PerturbRequest,
  PredictRequest,
  ValueAndGradientSessionRequest_Query as Query,
  RegisterEncoderRequest_Header,
  ValueAndGradientRequest,
  type ValueAndGradientSessionRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { RecipeSize, type TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { Direction } from '@parallax/proto/parallax/objective/v1/objective';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import {
  assertSucceeded,
  collect,
  encoderName,
  floatsOf,
  last,
  numbers,
  rowsOf,
  sampleImages,
  trainSet,
} from '../samples.ts';

const trainingSpec: TrainingRunSpec = {
  name: encoderName,
  paradigm: Paradigm.SL,
  size: RecipeSize.TINY,
  dataset: trainSet,
  seed: 7n,
  overrides: numbers({ epochs: 1 }),
};

const crossEntropy = {
  kind: { $case: 'crossEntropy' as const, value: { head: undefined } },
  direction: Direction.AWAY,
};
const images = sampleImages(4);
const labels = [0, 1, 2, 3];
const epsilon = 8 / 255;

/** Training, and everything that is asked of a trained encoder. */
export function encoderSuite(context: ContractContext): void {
  describe('encoder service', () => {
    trainingTests(context);
    passTests(context);
  });
}

function trainingTests(context: ContractContext): void {
  test('trains an encoder and registers it', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const created = await client.createTrainingRun({ spec: trainingSpec, requestId: 'contract-training' });
    const id = created.trainingRun?.run?.id ?? '';
    const { trainingRun } = await last(client.watchTrainingRun({ id }));
    assertSucceeded(trainingRun?.run);
    expect(trainingRun?.result).toMatchObject({ encoder: encoderName, reused: false });
    expect(await client.getTrainingRun({ id })).toEqual({ trainingRun });
    const list = await client.listTrainingRuns({ pageSize: 10, pageToken: '', state: RunState.SUCCEEDED });
    expect(list.trainingRuns.map(({ run }) => run?.id)).toContain(id);
    const { encoder } = await client.getEncoder({ name: encoderName });
    expect(encoder).toMatchObject({ paradigm: Paradigm.SL, inputShape: [3, 32, 32], differentiable: true });
    expect(encoder?.parts[0]?.role).toBe(PartRole.ENCODE);
    const { encoders } = await client.listEncoders({ pageSize: 10, pageToken: '' });
    expect(encoders.map(({ name }) => name)).toContain(encoderName);
  });

  test('reuses what an equal specification has trained', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const { trainingRun } = await client.createTrainingRun({ spec: { ...trainingSpec, name: 'twin' }, requestId: '' });
    const done = await last(client.watchTrainingRun({ id: trainingRun?.run?.id ?? '' }));
    assertSucceeded(done.trainingRun?.run);
    const original = await client.getEncoder({ name: encoderName });
    const twin = await client.getEncoder({ name: 'twin' });
    expect(twin.encoder?.bundleDigest).toBe(original.encoder?.bundleDigest);
    await client.unregisterEncoder({ name: 'twin' });
    await expect(client.getEncoder({ name: 'twin' })).rejects.toMatchObject({ reason: 'ENCODER_NOT_FOUND' });
  });

  test('registers a bundle under another name', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const { encoder } = await client.getEncoder({ name: encoderName });
    const header = RegisterEncoderRequest_Header.create({
      name: 'alias',
      paradigm: Paradigm.SL,
      bundleDigest: encoder?.bundleDigest ?? '',
    });
    async function* upload(changes: Partial<RegisterEncoderRequest_Header>) {
      yield { message: { $case: 'header' as const, value: { ...header, ...changes } } };
    }
    const registered = await client.registerEncoder(upload({}));
    expect(registered.encoder).toMatchObject({ name: 'alias', bundleDigest: encoder?.bundleDigest });
    await client.unregisterEncoder({ name: 'alias' });
    const unknown = client.registerEncoder(upload({ bundleDigest: '0'.repeat(64) }));
    await expect(unknown).rejects.toMatchObject({ reason: 'ARTIFACT_NOT_FOUND' });
  });

  test('stops a training that is cancelled, and registers nothing', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const spec = { ...trainingSpec, name: 'never', overrides: numbers({ epochs: 1000 }) };
    const { trainingRun } = await client.createTrainingRun({ spec, requestId: '' });
    const id = trainingRun?.run?.id ?? '';
    await client.cancelTrainingRun({ id });
    const done = await last(client.watchTrainingRun({ id }));
    expect(done.trainingRun?.run?.state).toBe(RunState.CANCELLED);
    await expect(client.cancelTrainingRun({ id })).rejects.toMatchObject({ reason: 'RUN_ENDED' });
    await expect(client.getEncoder({ name: 'never' })).rejects.toMatchObject({ reason: 'ENCODER_NOT_FOUND' });
  });
}

function passTests(context: ContractContext): void {
  test('embeds images', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const { encoder } = await client.getEncoder({ name: encoderName });
    const { vectors } = await client.embed({ ...EmbedRequest.create({ encoder: encoderName }), images });
    expect(vectors).toMatchObject({ datatype: 'FP32', shape: [4, encoder?.featureDimension] });
    expect(floatsOf(vectors).every(Number.isFinite)).toBe(true);
  });

  test('classifies images', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const answer = await client.predict({ ...PredictRequest.create({ encoder: encoderName }), images });
    const logits = floatsOf(answer.logits);
    const classes = logits.length / 4;
    const best = labels.map((row) => {
      const scores = logits.subarray(row * classes, (row + 1) * classes);
      return scores.indexOf(Math.max(...scores));
    });
    expect(answer.classes).toEqual(best);
  });

  test('gives an objective and its gradient', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const request = { ...ValueAndGradientRequest.create({ encoder: encoderName }), labels, objective: crossEntropy };
    const { values, gradient } = await client.valueAndGradient({ ...request, images });
    expect(values).toHaveLength(4);
    expect(gradient?.shape).toEqual([4, 3, 32, 32]);
    // A small step along the gradient must increase the objective of every sample.
    const moved = Float32Array.from(floatsOf(images), (pixel, index) => {
      return pixel + 1e-3 * Math.sign(floatsOf(gradient)[index] ?? 0);
    });
    const after = await client.valueAndGradient({
      ...request,
      images: { ...images, contents: Buffer.from(moved.buffer) },
      valueOnly: true,
    });
    expect(after.gradient).toBeUndefined();
    for (const [row, value] of after.values.entries()) expect(value).toBeGreaterThan(values[row] ?? Number.NaN);
  });

  test('answers in a session what it answers alone', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const alone = { ...ValueAndGradientRequest.create({ encoder: encoderName }), labels, objective: crossEntropy };
    const whole = await client.valueAndGradient({ ...alone, images });
    const rows = [2, 0];
    async function* requests(): AsyncGenerator<ValueAndGradientSessionRequest> {
      const opening = { ...Opening.create({ encoder: encoderName }), labels, cleanImages: images };
      yield { message: { $case: 'opening', value: { ...opening, objective: crossEntropy } } };
      yield { message: { $case: 'query', value: { ...Query.create(), images } } };
      yield { message: { $case: 'query', value: { ...Query.create(), rows, images: rowsOf(images, rows) } } };
    }
    const [opened, all, some] = await collect(client.valueAndGradientSession(requests()));
    expect(opened?.plan).toMatchObject({ stochastic: false, forward: 1, backward: 1 });
    expect(all).toMatchObject(whole);
    expect(some?.values).toEqual(rows.map((row) => whole.values[row]));
    expect(some?.gradient).toEqual(whole.gradient && rowsOf(whole.gradient, rows));
  });

  test('refuses a query before a session is open', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    async function* requests(): AsyncGenerator<ValueAndGradientSessionRequest> {
      yield { message: { $case: 'query', value: { ...Query.create(), images } } };
    }
    await expect(collect(client.valueAndGradientSession(requests()))).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      violations: [{ field: 'message' }],
    });
  });

  test('perturbs images within the budget', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const attack = AttackSpec.create({
      name: 'pgd',
      budget: { norm: Norm.LINF, epsilon },
      options: { steps: { value: { $case: 'number', value: 3 } } },
      selection: Selection.TRANSFER,
    });
    const request = { ...PerturbRequest.create({ encoder: encoderName, seed: 1n }), labels, attack, images };
    const messages = await collect(client.perturb(request));
    const chunks = messages.flatMap(({ message }) => (message?.$case === 'chunk' ? [message.value] : []));
    expect(chunks.flatMap(({ outcomes }) => outcomes.map(({ sampleId }) => sampleId))).toEqual([0n, 1n, 2n, 3n]);
    const perturbed = chunks.flatMap((chunk) => [...floatsOf(chunk.images)]);
    const clean = floatsOf(images);
    const distances = perturbed.map((pixel, index) => Math.abs(pixel - (clean[index] ?? Number.NaN)));
    expect(Math.max(...distances)).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
    expect(Math.max(...distances)).toBeGreaterThan(0);
  });
}
