import {
  add,
  apply,
  createGraph,
  differentiate,
  encodeModel,
  foldBatchNormalization,
  type Graph,
  input,
  matMul,
  mul,
  type OpName,
  reduceMean,
  reduceSum,
  simplify,
  sin,
  topologicalOrder,
  transpose,
  type Value,
} from '@parallax/graph';
import { float32, normal, normalBatch, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denoiser, residualNetwork, visionTransformer } from '../batch-invariance/models.ts';
import type { Engine } from '../engine.ts';
import { createOnnxRuntimeEngine } from './engine.ts';
import { lower } from './lower.ts';
import { WorkerPool } from './worker-pool.ts';

let engine: Engine;
let pool: WorkerPool;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
  pool = new WorkerPool(new URL('../../dist/onnxruntime-worker.js', import.meta.url), 1);
});

afterAll(() => Promise.all([engine.close(), pool.close()]));

/** Runs a graph as it is written, without lowering. */
function runAsWritten(name: string, graph: Graph, feeds: Readonly<Record<string, Tensor>>) {
  return pool.run({ name, model: encodeModel(graph), threads: 1 }, feeds);
}

describe.each(Object.entries({ residualNetwork, visionTransformer, denoiser }))('%s', (name, network) => {
  const x = input('x', ['N', 3, 16, 16]);
  const graph = createGraph([x], { y: network(x) });
  const feeds = { x: normalBatch({ seed: 2, purpose: name }, [0, 1, 2], [3, 16, 16]) };

  it('gives the same results when it is simplified', async () => {
    const written = await runAsWritten(`${name} as written`, graph, feeds);
    const simple = await runAsWritten(`${name} simplified`, simplify(graph), feeds);
    expect(largestDifference(written['y'], simple['y'])).toBeLessThan(1e-5);
    expect(countNodes(simplify(graph))).toBeLessThan(countNodes(graph));
  });

  it('gives the same results when it is lowered', async () => {
    const written = await runAsWritten(`${name} as written`, graph, feeds);
    const lowered = await runAsWritten(`${name} lowered`, lower(graph), feeds);
    expect(largestDifference(written['y'], lowered['y'])).toBeLessThan(1e-5);
  });

  it('gives the same results when normalisation is folded into convolutions', async () => {
    const written = await runAsWritten(`${name} as written`, graph, feeds);
    const folded = await runAsWritten(`${name} folded`, foldBatchNormalization(graph), feeds);
    expect(largestDifference(written['y'], folded['y'])).toBeLessThan(1e-5);
  });
});

describe('batch normalisation in training mode', () => {
  const [x, scale, bias] = [input('x', [8, 3, 4]), input('scale', [3]), input('bias', [3])];
  const [mean, variance] = [input('mean', [3]), input('variance', [3])];
  const numbers = (purpose: string, dims: readonly number[]): Tensor =>
    float32(
      dims,
      normal(
        { seed: 1, purpose },
        dims.reduce((product, dim) => product * dim, 1),
      ),
    );
  const feeds = {
    x: numbers('x', [8, 3, 4]),
    scale: numbers('scale', [3]),
    bias: numbers('bias', [3]),
    mean: numbers('mean', [3]),
    variance: float32([3], [1, 2, 3]),
  };

  it('moves the running statistics, and leaves those it was given to others', async () => {
    const momentum = 0.9;
    const [, nextMean, nextVariance] = apply('BatchNormalization', [x, scale, bias, mean, variance], {
      momentum,
      training_mode: 1,
    });
    const graph = createGraph([x, scale, bias, mean, variance], {
      nextMean: nextMean as Value,
      nextVariance: nextVariance as Value,
      sameMean: add(mean, 0),
      twiceVariance: mul(variance, 2),
    });
    const executable = await engine.compile(graph);
    const results = await executable.run(feeds);
    const channel = (index: number): readonly number[] =>
      toNumbers(feeds.x).filter((_, place) => Math.floor(place / 4) % 3 === index);
    const average = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    for (let index = 0; index < 3; index++) {
      const values = channel(index);
      const batchMean = average(values);
      const batchVariance = average(values.map((value) => (value - batchMean) ** 2));
      const at = (name: string): number => Number(results[name]?.data[index]);
      expect(at('nextMean')).toBeCloseTo(0.9 * Number(feeds.mean.data[index]) + 0.1 * batchMean, 5);
      expect(at('nextVariance')).toBeCloseTo(0.9 * (index + 1) + 0.1 * batchVariance, 5);
    }
    expect(results['sameMean']).toEqual(feeds.mean);
    expect(results['twiceVariance']).toEqual(float32([3], [2, 4, 6]));
    await executable.close();
  });

  it('becomes ordinary operators', () => {
    const [y] = apply('BatchNormalization', [x, scale, bias, mean, variance], { training_mode: 1 });
    const [gradient] = differentiate(y, [x]);
    const graph = lower(createGraph([x, scale, bias, mean, variance], { y, gradient: gradient ?? y }));
    const training = topologicalOrder(graph.outputs.map(({ value }) => value)).filter(
      (node) => 'training_mode' in node.attributes && node.attributes.training_mode === 1,
    );
    expect(training).toEqual([]);
  });
});

describe('what is not touched, because it is safe or would cost', () => {
  const images = input('images', ['N', 4, 8, 8]);
  const cases: readonly (readonly [name: string, Value, readonly OpName[]])[] = [
    ['sums of whole packets', reduceSum(images, [2, 3]), ['ReduceSum']],
    [
      'sums of whole packets of what was transposed, but for a product between',
      reduceSum(matMul(transpose(images, [0, 1, 3, 2]), images), [2, 3]),
      ['Transpose', 'MatMul', 'ReduceSum'],
    ],
    ['means over the batch', reduceMean(images, [0, 2, 3]), ['ReduceMean']],
    ['sums of the whole', reduceSum(images), ['ReduceSum']],
    ['functions of samples of whole packets', sin(images), ['Sin']],
    ['instances of whole packets', instance(images), ['InstanceNormalization']],
    ['wide numbers', reduceSum(input('wide', ['N', 7], 'float64'), [1]), ['ReduceSum']],
  ];
  it.each(cases)('%s', (_, value, ops) => {
    const graph = lower({ inputs: [], outputs: [{ name: 'y', value }] });
    expect(topologicalOrder(graph.outputs.map((output) => output.value)).map(({ op }) => op)).toEqual(ops);
  });
});

function instance(x: Value): Value {
  const channel = input('channel', [4]);
  return apply('InstanceNormalization', [x, channel, channel])[0];
}

function countNodes({ outputs }: Graph): number {
  return topologicalOrder(outputs.map(({ value }) => value)).length;
}

function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  if (a === undefined || b === undefined) throw new Error('expected two results');
  expect(a.dims).toEqual(b.dims);
  const other = toNumbers(b);
  return Math.max(...toNumbers(a).map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))));
}
