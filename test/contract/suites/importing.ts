import { createHash } from 'node:crypto';
import { AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { type AttackRequest, AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { AttackSpec, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { EncoderRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Tensor } from '@parallax/proto/parallax/common/v1/tensor';
import { PartRole } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  EncoderServiceService,
  RegisterEncoderRequest_Header as Header,
  PredictRequest,
  type RegisterEncoderRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { describe, expect, test } from 'vitest';
import { cifar10Test, missingFiles, sharedFile, sharedImages } from '../../reference/shared-files.ts';
import type { ContractContext } from '../context.ts';
import { collect, numbers } from '../samples.ts';

/** A model made elsewhere, what it wants of images, and what is known of it. */
interface Model {
  readonly name: string;
  readonly file: string;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Test images, from the first on, and the accuracy on them that is known, in per cent. */
  readonly judged: number;
  readonly accuracy: string;
  readonly features: number;
  /** Of the import. */
  readonly note: RegExp;
}

const models: readonly Model[] = [
  {
    name: 'resnet-2b',
    file: 'models/resnet_2b.onnx',
    mean: [0.4914, 0.4822, 0.4465],
    deviation: [0.2471, 0.2435, 0.2616],
    judged: 1000,
    accuracy: '70.3',
    features: 100,
    note: /batch at 1; it is imported for any/,
  },
  {
    name: 'cifar-base-kw',
    file: 'models/cifar_base_kw.onnx',
    mean: [0.485, 0.456, 0.406],
    deviation: [0.225, 0.225, 0.225],
    judged: 300,
    accuracy: '62',
    features: 100,
    note: /batch at 1; it is imported for any/,
  },
  {
    name: 'cifar10-small',
    file: 'models/cifar10_small.onnx',
    mean: [],
    deviation: [],
    judged: 300,
    accuracy: '58',
    features: 64,
    note: /channels last/,
  },
];
const attacked = 4;
const epsilon = 4 / 255;

/** Models that are not ours become encoders like any other. */
export function importingSuite(context: ContractContext): void {
  describe('imported models', () => {
    refusalTest(context);
    describe.each(models)('$file', (model) => {
      const missing = missingFiles(model.file, cifar10Test);
      const why = missing === '' ? '' : ` (skipped: no ${missing})`;
      test.skipIf(missing !== '')(`is imported, classifies as it is known to, and is attacked${why}`, async () => {
        await register(context, model);
        expect(await accuracyOf(context, model)).toBe(model.accuracy);
        await attack(context, model.name);
        using client = context.client(EncoderServiceService, 'encoder-sl');
        await client.unregisterEncoder({ name: model.name });
      });
    });
  });
}

function refusalTest(context: ContractContext): void {
  test('a file that is no model is refused, and nothing is registered', async () => {
    using client = context.client(EncoderServiceService, 'encoder-sl');
    const call = client.registerEncoder(upload({ name: 'no-model' }, Buffer.from('no model')));
    await expect(call).rejects.toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'MODEL_REFUSED' });
    await expect(client.getEncoder({ name: 'no-model' })).rejects.toMatchObject({ reason: 'ENCODER_NOT_FOUND' });
  });
}

async function register(context: ContractContext, { name, file, ...model }: Model): Promise<void> {
  using client = context.client(EncoderServiceService, 'encoder-sl');
  const bytes = sharedFile(file);
  const header = { name, inputMean: model.mean, inputDeviation: model.deviation };
  const { encoder, notes } = await client.registerEncoder(upload(header, bytes));
  expect(encoder).toMatchObject({
    name,
    inputShape: [3, 32, 32],
    classes: 10,
    featureDimension: model.features,
    differentiable: true,
    provenance: { sourceSha256: createHash('sha256').update(bytes).digest('hex'), sourceOpset: 9 },
  });
  expect(encoder?.parts.map(({ role }) => role)).toEqual([PartRole.ENCODE, PartRole.CLASSIFY]);
  expect(encoder?.macs).toBeGreaterThan(100_000n);
  expect(notes.join('\n')).toMatch(model.note);
}

async function* upload(header: Partial<Header>, bytes: Buffer): AsyncGenerator<RegisterEncoderRequest> {
  const sizeBytes = BigInt(bytes.length);
  const value = { ...Header.create({ paradigm: Paradigm.SL, sizeBytes }), ...header };
  yield { message: { $case: 'header', value } };
  for (let at = 0; at < bytes.length; at += 100_000) {
    yield { message: { $case: 'chunk', value: bytes.subarray(at, at + 100_000) } };
  }
}

/** In per cent, with as many digits as are known. */
async function accuracyOf(context: ContractContext, { name, judged, accuracy }: Model): Promise<string> {
  using client = context.client(EncoderServiceService, 'encoder-sl');
  const { images, labels } = realImages(judged);
  const { classes } = await client.predict({ ...PredictRequest.create({ encoder: name }), images });
  const right = classes.filter((predicted, index) => predicted === labels[index]).length;
  return ((100 * right) / judged).toFixed(accuracy.split('.')[1]?.length ?? 0);
}

async function attack(context: ContractContext, name: string): Promise<void> {
  using client = context.client(AttackServiceService, 'attack');
  const { images, labels } = realImages(attacked);
  const spec = {
    ...AttackSpec.create({ name: 'pgd', budget: { norm: Norm.LINF, epsilon }, selection: Selection.VERDICT }),
    options: numbers({ steps: 5 }),
  };
  async function* requests(): AsyncGenerator<AttackRequest> {
    const sources = [{ ...AttackSource.create(), encoder: EncoderRef.create({ name }) }];
    yield { message: { $case: 'opening', value: { sources, attack: spec, seed: 1n } } };
    const batch = { images, labels, sampleIds: [], targets: [], references: undefined };
    yield { message: { $case: 'batch', value: batch } };
  }
  const final = (await collect(client.attack(requests()))).at(-1)?.message;
  if (final?.$case !== 'summary') throw new Error(`expected a summary at the end, got ${final?.$case}`);
  expect(final.value).toMatchObject({ samples: attacked, budgetViolations: 0 });
  expect(final.value.largestNorm).toBeGreaterThan(0);
  expect(final.value.largestNorm).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
}

function realImages(count: number): { readonly images: Tensor; readonly labels: readonly number[] } {
  const { pixels, labels } = sharedImages(count);
  const contents = Buffer.from(Float32Array.from(pixels).buffer);
  return { images: { datatype: 'FP32', shape: [count, 3, 32, 32], contents }, labels };
}
