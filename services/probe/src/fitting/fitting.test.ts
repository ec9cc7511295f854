import { createGraph, decodeModel, differentiate, input, reduceSum } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, int64, normal, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Descent } from './descent.ts';
import { fitHead } from './fit-head.ts';
import { encodeHead } from './head-model.ts';
import { HeadRunner } from './head-runner.ts';
import type { FittingRecipe } from './recipe.ts';
import {
  crossEntropyGradient,
  dataInputs,
  logitsOf,
  meanCrossEntropy,
  probabilities,
  targetsOf,
} from './softmax-loss.ts';
import type { DesignData, FittingProgress, LinearHead, TrainingData } from './training-data.ts';
import { floatOutput, output, Workbench } from './workbench.ts';

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

/** Samples of Gaussian classes around random centres; of `features` only the first `telling` tell them apart. */
function clouds({
  count = 300,
  features = 20,
  telling = 20,
  classes = 3,
  spread = 1,
  seed = 1,
  draw = 0,
}): TrainingData {
  const centres = normal({ seed, purpose: 'test.centres' }, classes * features);
  const noise = normal({ seed, purpose: 'test.noise', draw }, count * features);
  const labels = Array.from({ length: count }, (_, row) => row % classes);
  const values = noise.map((value, index) => {
    const [row, column] = [Math.floor(index / features), index % features];
    const centre = column < telling ? (centres[(labels[row] as number) * features + column] as number) : 0;
    return centre + spread * value;
  });
  return { features: float32([count, features], values), labels: int64([count], labels), classes };
}

async function accuracy(head: LinearHead, { features, labels }: TrainingData): Promise<number> {
  await using runner = new HeadRunner(engine, encodeHead(head));
  const { classes } = await runner.classify(features);
  return classes.filter((each, row) => each === Number(labels.data[row])).length / classes.length;
}

const optimum = (overrides: Partial<FittingRecipe> = {}) =>
  ({
    solver: 'conjugate-gradients',
    epochs: null,
    weightDecay: null,
    standardize: true,
    ...overrides,
  }) as FittingRecipe;

const sgd: FittingRecipe = {
  solver: 'sgd',
  epochs: 20,
  batchSize: 64,
  learningRate: 0.1,
  momentum: 0.9,
  weightDecay: 5e-4,
  gradientClip: 5,
  standardize: true,
};

describe('the loss', () => {
  it('has the gradient that differentiation gives', async () => {
    const heads = { count: 2, classes: 3 };
    const { design, labels } = dataInputs(5);
    const weights = input('weights', [2, 3, 5]);
    const targets = targetsOf(labels, heads);
    const logits = logitsOf(design, weights, heads);
    const written = crossEntropyGradient(design, probabilities(logits), targets, heads);
    const [derived = written] = differentiate(reduceSum(meanCrossEntropy(logits, targets)), [weights]);
    await using bench = new Workbench(engine);
    const results = await bench.run(createGraph([design, labels, weights], { written, derived }), {
      design: float32([7, 5], normal({ seed: 1, purpose: 'x' }, 35)),
      labels: int64([7], [0, 1, 2, 2, 1, 0, 0]),
      weights: float32([2, 3, 5], normal({ seed: 1, purpose: 'w' }, 30)),
    });
    expect(distance(output(results, 'written'), output(results, 'derived'))).toBeLessThan(1e-6);
  });
});

describe('conjugate gradients', () => {
  it('reach the optimum, where the gradient of the penalised loss vanishes', async () => {
    const decays = [1e-3, 1];
    const { features, labels, classes } = clouds({ features: 9, spread: 2 });
    const ones = Float32Array.from({ length: 300 * 10 }, (_, index) =>
      index % 10 === 9 ? 1 : (features.data[Math.floor(index / 10) * 9 + (index % 10)] as number),
    );
    const data: DesignData = { design: float32([300, 10], ones), labels, classes };
    await using bench = new Workbench(engine);
    const descent = new Descent(bench, data, decays);
    await descent.advance(60);
    const weights = toNumbers(descent.weights);
    const slope = oracleGradient(data, weights, decays);
    expect(Math.max(...slope.map(Math.abs))).toBeLessThan(1e-5);
    await descent.advance(20);
    expect(distance(descent.weights, float32([2, 3, 10], weights))).toBeLessThan(1e-3);
  });

  it('stay finite where nothing can be learnt', async () => {
    const constant = { ...clouds({ count: 60 }), features: float32([60, 20], new Float32Array(1200).fill(7)) };
    const { head } = await fitHead(constant, optimum(), { engine, seed: 0 });
    expect(toNumbers(head.weight).every((weight) => weight === 0)).toBe(true);
    expect(toNumbers(head.bias).every(Number.isFinite)).toBe(true);
  });
});

describe('choosing on held-out images', () => {
  const test = clouds({ count: 600, features: 120, telling: 12, spread: 2, draw: 1 });

  it('finds the penalty that suits the features', async () => {
    const noisy = clouds({ count: 150, features: 120, telling: 12, spread: 2 });
    const chosen = await fitHead(noisy, optimum(), { engine, seed: 0 });
    const unpenalised = await fitHead(noisy, optimum({ weightDecay: 1e-4, epochs: 200 }), { engine, seed: 0 });
    expect(chosen.weightDecay).toBeGreaterThanOrEqual(0.1);
    expect(await accuracy(chosen.head, test)).toBeGreaterThan((await accuracy(unpenalised.head, test)) + 0.05);
    const clear = await fitHead(clouds({ count: 600, features: 5 }), optimum(), { engine, seed: 0 });
    expect(clear.weightDecay).toBeLessThanOrEqual(0.01);
  });

  it('leaves what is given as it is', async () => {
    const data = clouds({});
    const fitted = await fitHead(data, optimum({ weightDecay: 0.3, epochs: 7 }), { engine, seed: 0 });
    expect(fitted).toMatchObject({ weightDecay: 0.3, epochs: 7 });
    const timed = await fitHead(data, optimum({ epochs: 13 }), { engine, seed: 0 });
    expect(timed.epochs).toBe(13);
  });
});

describe('a head', () => {
  it.each([
    ['conjugate gradients', optimum()],
    ['stochastic gradient descent', sgd],
  ])('of %s is the same, bit for bit, for the same seed', async (_, recipe) => {
    const data = clouds({ spread: 2 });
    const [first, second] = [
      await fitHead(data, recipe, { engine, seed: 5 }),
      await fitHead(data, recipe, { engine, seed: 5 }),
    ];
    expect(Buffer.compare(encodeHead(first.head), encodeHead(second.head))).toBe(0);
    expect(await accuracy(first.head, data)).toBeGreaterThan(0.9);
  });

  it('takes features as they come, however they are scaled', async () => {
    const { features, labels, classes } = clouds({ features: 6 });
    const scaled = features.data.map((value, index) => 1000 * (index % 6) + value * 10 ** ((index % 6) - 2));
    const plain = await fitHead({ features, labels, classes }, optimum(), { engine, seed: 0 });
    const data = { features: float32(features.dims, scaled), labels, classes };
    const other = await fitHead(data, optimum(), { engine, seed: 0 });
    expect(await accuracy(other.head, data)).toBeCloseTo(await accuracy(plain.head, { features, labels, classes }), 2);
  });

  it('is an ONNX model from features to logits', async () => {
    const head = { weight: float32([2, 3], [1, 0, 0, 0, 1, 0]), bias: float32([1, 3], [0, 0, 5]) };
    const graph = decodeModel(encodeHead(head));
    await using bench = new Workbench(engine);
    const results = await bench.run(graph, { features: float32([1, 2], [3, 4]) });
    expect(toNumbers(floatOutput(results, 'logits'))).toEqual([3, 4, 5]);
    await using runner = new HeadRunner(engine, encodeHead(head));
    expect(await runner.classify(float32([1, 2], [3, 4]))).toMatchObject({ classes: [2], logits: { dims: [1, 3] } });
    await expect(runner.classify(float32([1, 4], [0, 0, 0, 0]))).rejects.toThrow(
      'head: expected a head that takes 4 features',
    );
  });
});

describe('fitting', () => {
  it('reports progress and takes augmented features for each epoch', async () => {
    const data = clouds({ count: 100 });
    const seen: FittingProgress[] = [];
    const epochs: number[] = [];
    await fitHead(
      data,
      { ...sgd, epochs: 3 },
      {
        engine,
        seed: 0,
        onProgress: (progress) => seen.push(progress),
        featuresOfEpoch: async (epoch) => {
          epochs.push(epoch);
          return data.features;
        },
      },
    );
    expect(epochs).toEqual([0, 1, 2]);
    expect(seen.at(-1)).toEqual({ stage: 'fit', done: 3, total: 3 });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const fitting = fitHead(clouds({ count: 2000 }), optimum({ epochs: 10_000, weightDecay: 0 }), {
      engine,
      seed: 0,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(fitting).rejects.toThrow('enough');
  });
});

/** Gradient of the penalised mean cross-entropy, in plain float64. */
function oracleGradient({ design, labels, classes }: DesignData, weights: number[], decays: number[]): number[] {
  const [count = 0, width = 0] = design.dims;
  const gradient = weights.map((weight, index) => {
    const isBias = index % width === width - 1;
    return isBias ? 0 : weight * (decays[Math.floor(index / (classes * width))] as number);
  });
  for (const [head] of decays.entries()) {
    for (let row = 0; row < count; row++) {
      const x = Array.from(design.data.subarray(row * width, (row + 1) * width));
      const start = (k: number) => (head * classes + k) * width;
      const logits = Array.from({ length: classes }, (_, k) =>
        x.reduce((sum, value, column) => sum + value * (weights[start(k) + column] as number), 0),
      );
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      logits.forEach((logit, k) => {
        const residual = Math.exp(logit) / total - (Number(labels.data[row]) === k ? 1 : 0);
        x.forEach((value, column) => {
          gradient[start(k) + column] = (gradient[start(k) + column] as number) + (residual * value) / count;
        });
      });
    }
  }
  return gradient;
}

function distance(a: Tensor, b: Tensor): number {
  const other = toNumbers(b);
  return Math.max(...toNumbers(a).map((value, index) => Math.abs(value - (other[index] as number))));
}
