import { constant, differentiate, gather, input, type Value } from '@parallax/graph';
import { createDraws, createObjective, fillDraws, type ObjectiveSpec, type TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine, type Results } from '@parallax/runtime';
import { float32, gatherBatch, int64, type Tensor, toBytes, toNumbers, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportBundle } from '../bundle/export.ts';
import { loadBundle } from '../bundle/load.ts';
import { bind } from '../model/parameters.ts';
import { compute } from '../testing/compute.ts';
import type { Recipe } from './recipe.ts';
import { type TrainedModel, train } from './train.ts';

const side = 16;
const imageDims = [3, side, side];
const provenance = {
  size: 'tiny',
  dataset: 'test',
  datasetDigest: '',
  seed: 0,
  epochs: 0,
  batchSize: 0,
  steps: 0,
  finalLoss: 0,
} as const;

/** Smooth images: a plane of colour with a slope of its own for each sample and channel. */
function slopes(count: number): Tensor<'float32'> {
  const random = uniform({ seed: 0, purpose: 'test.images' }, count * 9);
  const pixel = (index: number): number => {
    const [a = 0, b = 0, c = 0] = random.subarray(Math.floor(index / side ** 2) * 3);
    const [row, column] = [Math.floor(index / side) % side, index % side];
    return (a + (b * row) / side + (c * column) / side) / 3;
  };
  return float32(
    [count, ...imageDims],
    Array.from({ length: count * 3 * side ** 2 }, (_, index) => pixel(index)),
  );
}

/** What every recipe that trains without labels promises; `objective` is the attack on its own loss. */
export function recipeContract(recipe: Recipe, objective: ObjectiveSpec): void {
  describe(`recipe ${recipe.architecture}`, () => {
    let engine: Engine;
    let model: TrainedModel;
    const losses: number[] = [];
    const data = {
      images: slopes(32),
      labels: int64(
        [32],
        Array.from({ length: 32 }, () => 0),
      ),
      classes: 1,
    };
    const sampleIds = Array.from({ length: 32 }, (_, index) => index);

    beforeAll(async () => {
      engine = createOnnxRuntimeEngine({ workers: 2 });
      model = await train(recipe, data, { engine, seed: 0, onProgress: ({ loss }) => losses.push(loss) });
    });
    afterAll(() => engine.close());

    const trained = (): TracedEncoder => {
      const vectors = { parameters: constant(model.parameters), buffers: constant(model.buffers) };
      return recipe.model(bind(model.layout, vectors, { training: false }), model.context);
    };
    const images = input('images', ['N', ...imageDims]);
    /** Every part of an encoder on the images of the samples named, each with the draws of its sample. */
    const evaluate = async (encoder: TracedEncoder, samples: readonly number[] = sampleIds): Promise<Results> => {
      const { draw, specs } = createDraws();
      const times = gather(
        constant(
          int64(
            [32],
            sampleIds.map((id) => id * 30),
          ),
        ),
        input('samples', ['N'], 'int64'),
      );
      const parts = {
        features: encoder.encode(images, draw),
        ...encoder.reconstruct?.(images, draw),
        ...(encoder.denoise && { noise: encoder.denoise(images, draw('noise', 'normal', imageDims), times) }),
      };
      const given = { images: gatherBatch(data.images, samples), samples: int64([samples.length], samples) };
      return compute(engine, parts, { ...given, ...fillDraws(specs, { seed: 1, sampleIds: samples }) });
    };

    it('loses less the longer it trains', () => {
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      const quarter = Math.floor(losses.length / 4);
      expect(mean(losses.slice(-quarter))).toBeLessThan(0.9 * mean(losses.slice(0, quarter)));
    });

    it('gives the same bits for the same seed', async () => {
      const again = await train(recipe, data, { engine, seed: 0 });
      expect(Buffer.from(toBytes(again.parameters))).toEqual(Buffer.from(toBytes(model.parameters)));
    });

    it('exports parts that compute what the model computes', async () => {
      const bundle = await exportBundle(recipe, model, engine, provenance);
      const [expected, actual] = await Promise.all(
        [trained(), loadBundle(bundle).traced].map((each) => evaluate(each)),
      );
      const names = Object.keys(expected ?? {});
      expect(Object.keys(actual ?? {})).toEqual(names);
      for (const name of names) {
        const [left, right] = [expected, actual].map((results) => toNumbers(results?.[name] ?? float32([0], [])));
        const worst = Math.max(...(left ?? []).map((value, index) => Math.abs(value - (right?.[index] ?? Number.NaN))));
        expect(worst, name).toBeLessThan(1e-4);
      }
    });

    it('computes the same bits for a sample in every batch', async () => {
      const all = await evaluate(trained(), [0, 1, 2, 3, 4, 5, 6, 7]);
      for (const samples of [[5], [6, 5, 0]]) {
        const some = await evaluate(trained(), samples);
        for (const [name, tensor] of Object.entries(all)) {
          const rows = Buffer.from(toBytes(gatherBatch(tensor, samples)));
          expect(Buffer.from(toBytes(some[name] ?? tensor)).equals(rows), `${name} of ${samples}`).toBe(true);
        }
      }
    });

    it(`gives ${objective.kind} a gradient`, async () => {
      const { draw, specs } = createDraws();
      const clean = input('clean', ['N', ...imageDims]);
      const { loss } = createObjective(objective).loss(images, { encoder: trained(), clean, draw });
      const [gradient] = differentiate(loss, [images]);
      const given = { clean: gatherBatch(data.images, [0, 1]), images: gatherBatch(data.images, [2, 3]) };
      const feeds = { ...given, ...fillDraws(specs, { seed: 1, sampleIds: [0, 1] }) };
      const results = await compute(engine, { gradient: gradient as Value }, feeds);
      const rows = [0, 1].map((row) => toNumbers(gatherBatch(results['gradient'] ?? data.images, [row])));
      for (const row of rows) expect(Math.hypot(...row)).toBeGreaterThan(1e-4);
    });
  });
}
