import {
  constant,
  conv,
  createGraph,
  type Graph,
  gemm,
  globalAveragePool,
  input,
  relu,
  reshape,
} from '@parallax/graph';
import { createTensor, elementCount, float32, normal, normalBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../engine.ts';
import { createOnnxRuntimeEngine } from '../../onnxruntime/engine.ts';
import { createTfjsEngine } from '../../tfjs/engine.ts';
import { agreementFailures, compareEngines } from './compare-engines.ts';

const shape = [3, 8, 8];
const images = normalBatch({ seed: 1, purpose: 'engines.images' }, [0, 1, 2], shape);

let reference: Engine;
let other: Engine;
beforeAll(() => {
  reference = createOnnxRuntimeEngine({ workers: 1 });
  other = createTfjsEngine();
});
afterAll(() => Promise.all([reference.close(), other.close()]));

function weight(purpose: string, dims: readonly number[]) {
  return constant(float32(dims, normal({ seed: 2, purpose }, elementCount(dims))));
}

function classifier(): Graph {
  const x = input('images', ['N', ...shape]);
  const hidden = relu(conv(x, weight('w', [6, 3, 3, 3]), weight('b', [6]), { pads: [1, 1, 1, 1] }));
  return createGraph([x], { logits: gemm(reshape(globalAveragePool(hidden), [-1, 6]), weight('v', [6, 4])) });
}

/** An engine that changes one of its results. */
function changing(right: Engine, name: string, change: (value: number, index: number) => number): Engine {
  const compile: Engine['compile'] = async (graph) => {
    const executable = await right.compile(graph);
    const run: typeof executable.run = async (feeds) => {
      const results = await executable.run(feeds);
      const tensor = results[name];
      if (tensor === undefined) return results;
      const data = Float32Array.from(tensor.data as Float32Array, change);
      return { ...results, [name]: createTensor('float32', tensor.dims, data) };
    };
    return { ...executable, run };
  };
  return { ...right, compile };
}

describe('a comparison of engines', () => {
  it('finds that they agree, image for image', async () => {
    const agreement = await compareEngines(reference, other, classifier(), images);
    expect(agreement).toMatchObject({ engine: other.name, samples: [0, 1, 2].map((sample) => ({ sample, flips: 0 })) });
    for (const { output, gradient } of agreement.samples) {
      expect(output).toBeLessThan(1e-6);
      expect(gradient).toBeLessThan(1e-6);
      expect(gradient).toBeGreaterThan(0);
    }
    expect(agreementFailures(agreement)).toEqual([]);
  });

  it('finds the image whose gradient is a hundredth too large', async () => {
    const size = elementCount(shape);
    const wrong = changing(other, 'gradient', (value, index) => (index >= 2 * size ? 1.01 * value : value));
    const failures = agreementFailures(await compareEngines(reference, wrong, classifier(), images));
    expect(failures).toEqual([expect.stringMatching(/^tfjs-cpu.*: image 2: gradient: 1\.0e-2 apart exceeds 0\.001$/)]);
  });

  it('allows more where a unit stands on the other side of its kink, and counts it', async () => {
    const turned = changing(other, 'side0', (value, index) => (index === 0 ? -value : value));
    const wrong = changing(turned, 'gradient', (value) => 1.01 * value);
    const agreement = await compareEngines(reference, wrong, classifier(), images);
    expect(agreement.samples.map(({ flips }) => flips)).toEqual([1, 0, 0]);
    expect(agreementFailures(agreement).map((failure) => failure.match(/image \d/)?.[0])).toEqual([
      'image 1',
      'image 2',
    ]);
  });

  it('takes what is no number on one side for infinitely far', async () => {
    const wrong = changing(other, 'output', (value, index) => (index === 0 ? Number.NaN : value));
    const agreement = await compareEngines(reference, wrong, classifier(), images);
    expect(agreement.samples[0]?.output).toBe(Number.POSITIVE_INFINITY);
    expect(agreementFailures(agreement)).toHaveLength(1);
  });
});
