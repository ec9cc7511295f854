import { floor, mul, relu, repeat, scalarConstant, sqrt, sub } from '@parallax/graph';
import { createObjective, type TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32 } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBall } from '../budget.ts';
import { findAttack } from '../registry.ts';
import { placeToy } from '../testing/run-toy.ts';
import { toyConvolution, toyDims, toyImages } from '../testing/toy-encoder.ts';
import { measure } from '../verify/measure.ts';
import type { NearBatch } from './batch.ts';
import type { NearExecutable } from './compile.ts';
import { placeNear } from './place.ts';
import { runNear } from './run.ts';

let engine: Engine;
let near: NearExecutable;

beforeAll(async () => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
  near = await placeToy(engine, { attack: 'pgd', options: { steps: 2 } });
});

afterAll(() => engine.close());

const sampleIds = [0, 1, 2];
const labels = [3, 3, 5];
const images = toyImages(sampleIds);
const good: NearBatch = { images, sampleIds, labels };

function withPixel(value: number): NearBatch['images'] {
  const data = images.data.slice();
  data[200] = value;
  return { ...images, data };
}

function encodeBy(
  change: (x: Parameters<TracedEncoder['encode']>[0]) => ReturnType<TracedEncoder['encode']>,
): TracedEncoder {
  const toy = toyConvolution(10);
  return { ...toy, encode: (x, draw) => toy.encode(change(x), draw) };
}

describe('a batch', () => {
  test.each<[string, Partial<NearBatch>, string]>([
    [
      'of no samples',
      { images: float32([0, ...toyDims], []), sampleIds: [], labels: [] },
      'images: expected [N, 3, 7, 7] with N ≥ 1, got "[0, 3, 7, 7]"',
    ],
    ['of another shape', { images: float32([3, 3, 49, 1], [...images.data]) }, 'images: expected [N, 3, 7, 7]'],
    ['with a NaN', { images: withPixel(Number.NaN) }, 'images: expected pixels in [0,1], got NaN'],
    ['with a pixel above 1', { images: withPixel(1.001) }, 'images: expected pixels in [0,1], got 1.00'],
    ['with a negative pixel', { images: withPixel(-0.25) }, 'images: expected pixels in [0,1], got -0.25'],
    ['with a label too large', { labels: [3, 10, 5] }, 'labels[1]: expected a class from 0 to 9, got 10'],
    ['with a label that is none', { labels: [3, 3, 1.5] }, 'labels[2]: expected a class from 0 to 9, got 1.5'],
    ['with too few labels', { labels: [3] }, 'labels: expected 3 entries, got 1'],
    ['with too few ids', { sampleIds: [0, 1] }, 'sampleIds: expected 3 entries, got 2'],
    ['with one id twice', { sampleIds: [0, 1, 1] }, 'sampleIds: expected distinct entries'],
    [
      'with a target that is the label',
      { targets: [1, 3, 1] },
      'targets[1]: expected a class other than the label, got 3',
    ],
  ])('%s is refused', async (_, change, message) => {
    await expect(runNear(near, { ...good, ...change }, { seed: 1 })).rejects.toThrow(message);
  });

  test('without what the objective needs is refused', async () => {
    await expect(runNear(near, { images, sampleIds }, { seed: 1 })).rejects.toThrow(
      'labels: expected 3 classes, got nothing',
    );
    const toward = await placeToy(engine, { attack: 'pgd', objective: { kind: 'alignment', direction: 'toward' } });
    await expect(runNear(toward, good, { seed: 1 })).rejects.toThrow(
      'reference: expected images [3, 3, 7, 7], got nothing',
    );
    const targeted = await placeToy(engine, { attack: 'pgd', objective: { kind: 'margin', direction: 'toward' } });
    await expect(runNear(targeted, good, { seed: 1 })).rejects.toThrow('targets: expected 3 classes, got nothing');
  });

  test('is refused with options out of range', async () => {
    await expect(runNear(near, good, { seed: 1, batchSize: 0 })).rejects.toThrow(
      'batchSize: expected an integer from 1 to 4096, got 0',
    );
    await expect(runNear(near, good, { seed: 1, verdictDraws: 1001 })).rejects.toThrow('verdictDraws: expected');
    await expect(runNear(near, good, { seed: -1 })).rejects.toThrow('seed: expected an integer in [0, 2^64), got -1');
  });
});

describe('an attack without effect is an error', () => {
  test('when nothing leads from the images to the loss', async () => {
    const flat = encodeBy((x) => floor(x));
    await expect(placeToy(engine, { attack: 'fgsm', encoder: flat })).rejects.toThrow(
      expect.objectContaining({ reason: 'ATTACK_WITHOUT_EFFECT' }),
    );
  });

  test('when it returns its input', async () => {
    const dead = encodeBy((x) => relu(sub(mul(x, 0.1), 1)));
    const dull = await placeToy(engine, { attack: 'fgsm', encoder: dead });
    await expect(runNear(dull, good, { seed: 1 })).rejects.toThrow('fgsm: every image came back as it was');
    await dull.close();
  });

  test('and a step that cannot be differentiated is named', async () => {
    const classes = encodeBy(
      (x) => repeat(scalarConstant(2, 'int64'), { x }, (_, state) => ({ x: mul(state.x, 0.5) })).x,
    );
    await expect(placeToy(engine, { attack: 'fgsm', encoder: classes })).rejects.toThrow(
      expect.objectContaining({ reason: 'NOT_DIFFERENTIABLE', facts: { operator: 'Loop' } }),
    );
  });
});

describe('gradients without use', () => {
  test('that are zero are counted', async () => {
    const dead = encodeBy((x) => relu(sub(mul(x, 0.1), 1)));
    const dull = await placeToy(engine, { attack: 'pgd', options: { steps: 5 }, encoder: dead });
    const { outcomes } = await runNear(dull, good, { seed: 1 });
    for (const outcome of outcomes) expect(outcome).toMatchObject({ zeroGradient: 5, nanGradient: 0, backward: 5 });
    await dull.close();
  });

  test('that are not finite are counted, and the step is skipped', async () => {
    // √0 has an infinite slope, and every pixel below one half meets it.
    const steep = encodeBy((x) => sqrt(relu(sub(x, 0.5))));
    const broken = await placeToy(engine, { attack: 'apgd', options: { steps: 5 }, encoder: steep });
    const { images: kept, outcomes } = await runNear(broken, good, { seed: 1 });
    for (const outcome of outcomes) expect(outcome).toMatchObject({ zeroGradient: 0, nanGradient: 5 });
    expect(measure(images.data, kept.data)).toMatchObject({ isImage: true });
    await broken.close();
  });
});

describe('placement', () => {
  const bound = findAttack('pgd').bind({}, createBall({ norm: 'linf', epsilon: 0.1 }, toyDims));
  const { classify: _, ...headless } = toyConvolution(10);

  test('refuses an objective the encoder cannot express', () => {
    expect(() =>
      placeNear(bound, createObjective({ kind: 'crossEntropy' }), headless, { selection: 'transfer' }),
    ).toThrow(expect.objectContaining({ reason: 'PART_MISSING' }));
  });

  test('refuses a verdict without a head', () => {
    expect(() =>
      placeNear(bound, createObjective({ kind: 'featureMatching' }), headless, { selection: 'verdict' }),
    ).toThrow('a verdict needs a head');
  });

  test('tells when another loss was used', () => {
    const { notes } = placeNear(bound, createObjective({ kind: 'dlr' }), toyConvolution(2), { selection: 'transfer' });
    expect(notes).toEqual(['dlr needs 3 classes and the head has 2: margin was used']);
  });
});
