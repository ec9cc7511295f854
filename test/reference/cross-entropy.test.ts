import { createGraph, differentiate, type Graph, importModel, inline, input, type Value } from '@parallax/graph';
import { createDraws, createObjective } from '@parallax/objectives';
import { adaptImages, detectLayout } from '@parallax/paradigms';
import { createOnnxRuntimeEngine, type Engine, widen, writeOutFloat64 } from '@parallax/runtime';
import { createTensor, float32, int64, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cifar10Test, missingFiles, sharedFile, sharedImages, sharedNumbers } from './shared-files.ts';

const model = 'models/resnet_2b.onnx';
const reference = 'reference/cross-entropy-resnet_2b';
const missing = missingFiles(model, cifar10Test, `${reference}.json`, `${reference}.gradient.f64`);
const shape = [3, 32, 32] as const;

/** Largest ‖ours - reference‖ / ‖reference‖ of one image's gradient. */
const tolerance = { float32: 1e-5, float64: 1e-12 } as const;

interface Reference {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly labels: readonly number[];
  readonly loss: readonly number[];
}

/** images, labels → loss and logits of each image, and the gradient of the sum of the losses by the images. */
function crossEntropy({ mean, std }: Reference): Graph {
  const { graph } = importModel(sharedFile(model));
  const layout = detectLayout(graph);
  const images = input('images', ['N', ...shape]);
  const labels = input('labels', ['N'], 'int64');
  const logitsOf = (seen: Value): Value => {
    const name = layout.input.source.kind === 'input' ? layout.input.source.name : '';
    return Object.values(inline(graph, { [name]: adaptImages(seen, layout, { mean, deviation: std }) }))[0] as Value;
  };
  const { loss } = createObjective({ kind: 'crossEntropy' }).loss(images, {
    encoder: { encode: (seen) => seen, classify: logitsOf },
    clean: images,
    labels,
    draw: createDraws().draw,
  });
  const [gradient] = differentiate(loss, [images]);
  return createGraph([images, labels], { loss, logits: logitsOf(images), gradient: gradient as Value });
}

describe.skipIf(missing !== '')(`cross-entropy of resnet_2b${missing && ` (skipped: no ${missing})`}`, () => {
  let engine: Engine;
  beforeAll(() => {
    engine = createOnnxRuntimeEngine({ workers: 1 });
  });
  afterAll(() => engine.close());

  test.each(['float32', 'float64'] as const)('in %s agrees with the reference', async (precision) => {
    const expected = JSON.parse(sharedFile(`${reference}.json`).toString('utf8')) as Reference;
    const count = expected.labels.length;
    const { pixels, labels } = sharedImages(count);
    expect(labels).toEqual(expected.labels);
    const graph = crossEntropy(expected);
    const executable = await engine.compile(precision === 'float32' ? graph : writeOutFloat64(widen(graph)));
    // The reference was computed in float64 from pixels, means and deviations in float32.
    const images = float32([count, ...shape], Float32Array.from(pixels));
    const fed = precision === 'float32' ? images : createTensor(precision, images.dims, Float64Array.from(images.data));
    const results = await executable.run({ images: fed, labels: int64([count], labels) });
    await executable.close();
    const gradients = relativeErrors(results['gradient'], sharedNumbers(`${reference}.gradient.f64`), count);
    const logits = relativeErrors(results['logits'], sharedNumbers(`${reference}.logits.f64`), count);
    const losses = relativeErrors(results['loss'], Float64Array.from(expected.loss), count);
    expect(Math.max(...gradients)).toBeLessThanOrEqual(tolerance[precision]);
    expect(Math.max(...logits)).toBeLessThanOrEqual(tolerance[precision]);
    expect(Math.max(...losses)).toBeLessThanOrEqual(tolerance[precision]);
  });
});

/** ‖a - b‖ / ‖b‖ of each row. */
function relativeErrors(tensor: Tensor | undefined, expected: Float64Array, rows: number): readonly number[] {
  const got = Float64Array.from((tensor?.data ?? []) as ArrayLike<number>);
  expect(got).toHaveLength(expected.length);
  const width = expected.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let [difference, norm] = [0, 0];
    for (let index = row * width; index < (row + 1) * width; index++) {
      difference += ((got[index] ?? Number.NaN) - (expected[index] ?? 0)) ** 2;
      norm += (expected[index] ?? 0) ** 2;
    }
    return Math.sqrt(difference / norm);
  });
}
