import { AttackRunSpec, AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { AttackSpec } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { EncoderRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import {
  EmbedRequest,
  EncoderServiceService,
  ValueAndGradientRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { RecipeSize, TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { Direction } from '@parallax/proto/parallax/objective/v1/objective';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { encoderName, encoderRef, floatsOf, sampleImages } from '../samples.ts';

const images = sampleImages(2);

/** The sample images with one number changed. */
function withPixel(value: number) {
  const values = Float32Array.from(floatsOf(images));
  values[5] = value;
  return { ...images, contents: Buffer.from(values.buffer) };
}

/** Wrong images: what is wrong, the images, the field to blame. */
const wrongImages = [
  ['no images', { ...images, shape: [0, 3, 32, 32], contents: Buffer.alloc(0) }],
  ['images of another shape', { ...images, shape: [2, 3, 16, 64] }],
  ['fewer bytes than the shape says', { ...images, contents: images.contents.subarray(4) }],
  ['another datatype', { ...images, datatype: 'INT64' }],
  ['a pixel that is not a number', withPixel(Number.NaN)],
  ['a pixel above 1', withPixel(1.5)],
  ['a pixel below 0', withPixel(-0.25)],
] as const;

const crossEntropy = {
  kind: { $case: 'crossEntropy' as const, value: { head: undefined } },
  direction: Direction.AWAY,
};

/** Wrong attack runs: what is wrong, the change to a right one, the error. */
function wrongRuns(): readonly (readonly [string, Partial<AttackRunSpec>, object])[] {
  const attack = (epsilon: number, name = 'pgd') => ({
    attack: AttackSpec.create({ name, budget: { norm: Norm.LINF, epsilon } }),
  });
  const source = { ...AttackSource.create(), encoder: EncoderRef.create({ name: 'nobody' }) };
  const invalid = { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' };
  return [
    ['an unknown encoder', { sources: [source] }, { status: 'NOT_FOUND', reason: 'ENCODER_NOT_FOUND' }],
    ['an unknown attack', attack(0.1, 'magic'), { status: 'NOT_FOUND', reason: 'ATTACK_NOT_FOUND' }],
    ['an unknown dataset', { dataset: { name: 'mnist:test' } }, { status: 'NOT_FOUND', reason: 'DATASET_NOT_FOUND' }],
    ['an empty slice', { dataset: { name: 'shapes:test:5-5' } }, invalid],
    ['a radius of 0', attack(0), invalid],
    ['a negative radius', attack(-0.1), invalid],
    ['a radius above 1 in Linf', attack(1.5), invalid],
    ['no source', { sources: [] }, invalid],
  ];
}

/** Each wrong input gives one precise error, and changes nothing. */
export function errorsSuite(context: ContractContext): void {
  describe('wrong input', () => {
    test.each(wrongImages)('%s', async (_, wrong) => {
      using client = context.client(EncoderServiceService, 'encoder-sl');
      const call = client.embed({ ...EmbedRequest.create({ encoder: encoderName }), images: wrong });
      await expect(call).rejects.toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
      await expect(call).rejects.toThrow(/images.*expected .*, got /s);
    });

    test('an unknown encoder', async () => {
      using client = context.client(EncoderServiceService, 'encoder-sl');
      const call = client.embed({ ...EmbedRequest.create({ encoder: 'nobody' }), images });
      await expect(call).rejects.toMatchObject({ status: 'NOT_FOUND', reason: 'ENCODER_NOT_FOUND' });
    });

    test('a label out of range', async () => {
      using client = context.client(EncoderServiceService, 'encoder-sl');
      const request = { ...ValueAndGradientRequest.create({ encoder: encoderName }), objective: crossEntropy, images };
      const call = client.valueAndGradient({ ...request, labels: [0, 10] });
      await expect(call).rejects.toMatchObject({ status: 'INVALID_ARGUMENT' });
      await expect(call).rejects.toThrow(/labels.*expected .*, got 10/s);
    });

    test.each(wrongRuns())('%s of an attack run', async (_, change, error) => {
      using client = context.client(AttackServiceService, 'attack');
      const right: AttackRunSpec = {
        ...AttackRunSpec.create({ dataset: { name: 'shapes:test:0-4' } }),
        sources: [{ ...AttackSource.create(), encoder: encoderRef }],
        attack: AttackSpec.create({ name: 'pgd', budget: { norm: Norm.LINF, epsilon: 0.1 } }),
      };
      await expect(client.createAttackRun({ spec: { ...right, ...change }, requestId: '' })).rejects.toMatchObject(
        error,
      );
    });

    test('a name that belongs to another encoder', async () => {
      using client = context.client(EncoderServiceService, 'encoder-sl');
      const spec = TrainingRunSpec.create({
        name: encoderName,
        paradigm: Paradigm.SL,
        size: RecipeSize.TINY,
        dataset: { name: 'shapes:train:0-128' },
        seed: 99n,
      });
      const call = client.createTrainingRun({ spec, requestId: '' });
      await expect(call).rejects.toMatchObject({ status: 'ALREADY_EXISTS', reason: 'NAME_TAKEN' });
    });
  });
}
