import { constant, createGraph, input } from '@parallax/graph';
import { createDraws } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, int64, type Tensor, toBytes, toNumbers, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportBundle } from '../bundle/export.ts';
import { loadBundle } from '../bundle/load.ts';
import { contrastive } from '../contrastive/recipes.ts';
import { bind } from '../model/parameters.ts';
import { supervised } from '../supervised/recipes.ts';
import { adamW } from './optimizers.ts';
import type { Recipe } from './recipe.ts';
import { type TrainingSet, train } from './train.ts';

const shape = { stemStride: 2, widths: [4, 8], blocks: [1, 1], features: 12 };
const quick = {
  size: 'tiny',
  schedule: { epochs: 2, batchSize: 8, shards: 2, learningRate: () => 1e-2 },
  optimizer: adamW({ beta1: 0.9, beta2: 0.999, weightDecay: 0 }),
} as const;
const recipes: readonly Recipe[] = [
  { ...supervised(shape, 'test'), ...quick },
  { ...contrastive(shape, 'test', 0.5), ...quick },
];

/** Twenty images whose brightness is their class. */
const data: TrainingSet = {
  images: float32(
    [20, 3, 16, 16],
    uniform({ seed: 0, purpose: 'test' }, 20 * 768).map(
      (value, index) => value * 0.2 + (Math.floor(index / 768) % 2) * 0.8,
    ),
  ),
  labels: int64(
    [20],
    Array.from({ length: 20 }, (_, index) => index % 2),
  ),
  classes: 2,
};
const provenance = {
  size: 'tiny',
  dataset: 'test',
  datasetDigest: '',
  seed: 0,
  epochs: 2,
  batchSize: 8,
  steps: 4,
  finalLoss: 0,
} as const;

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 2 });
});
afterAll(() => engine.close());

const bytes = (tensor: Tensor | undefined): Buffer => Buffer.from(tensor === undefined ? [] : toBytes(tensor));

describe.each(recipes.map((recipe) => ({ name: recipe.paradigm, recipe })))('training $name', ({ recipe }) => {
  it('gives the same bits for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all([0, 0, 1].map((seed) => train(recipe, data, { engine, seed })));
    expect(bytes(again?.parameters)).toEqual(bytes(first?.parameters));
    expect(bytes(again?.buffers)).toEqual(bytes(first?.buffers));
    expect(bytes(other?.parameters)).not.toEqual(bytes(first?.parameters));
  });

  it('exports what it trained: the bundle computes what the model computes', async () => {
    const model = await train(recipe, data, { engine, seed: 0 });
    const bundle = await exportBundle(recipe, model, engine, provenance);
    expect(bundle.manifest).toMatchObject({ paradigm: recipe.paradigm, inputShape: [3, 16, 16], featureDimension: 12 });
    const images = input('images', ['N', 3, 16, 16]);
    const vectors = { parameters: constant(model.parameters), buffers: constant(model.buffers) };
    const direct = recipe.model(bind(model.layout, vectors, { training: false }), model.context);
    const graphs = [direct, loadBundle(bundle).traced].map((encoder) =>
      createGraph([images], { features: encoder.encode(images, createDraws().draw) }),
    );
    const [expected, actual] = await Promise.all(
      graphs.map(async (graph) => (await (await engine.compile(graph)).run({ images: data.images }))['features']),
    );
    expect(actual?.dims).toEqual([20, 12]);
    for (const [index, value] of toNumbers(actual ?? data.images).entries()) {
      expect(value).toBeCloseTo(Number(expected?.data[index]), 4);
    }
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const steps: number[] = [];
    const onProgress = ({ step }: { readonly step: number }): void => {
      steps.push(step);
      stop.abort(new Error('enough'));
    };
    await expect(train(recipe, data, { engine, seed: 0, signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect(steps).toEqual([1]);
  });

  it('refuses fewer images than a batch', async () => {
    const few = {
      ...data,
      images: float32([4, 3, 16, 16], new Float32Array(4 * 768)),
      labels: int64([4], [0, 1, 0, 1]),
    };
    await expect(train(recipe, few, { engine, seed: 0 })).rejects.toThrow(
      'expected at least 8 images for one batch, got 4',
    );
  });
});

it('learns what can be learnt', async () => {
  const [recipe] = recipes;
  if (recipe === undefined) throw new Error('expected a recipe');
  const losses: number[] = [];
  const longer = { ...recipe, schedule: { ...recipe.schedule, epochs: 20 } };
  await train(longer, data, { engine, seed: 0, onProgress: ({ loss }) => losses.push(loss) });
  expect(losses.at(-1)).toBeLessThan(0.3);
});
