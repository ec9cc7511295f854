import { createGraph, input, type Value } from '@parallax/graph';
import { createDraws, fillDraws } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, gatherBatch, normalBatch, type Tensor, toNumbers, uniformBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nearestInL1 } from '../testing/reference-l1.ts';
import { norms } from './registry.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const dims = [3, 5, 5] as const;
const pixels = 75;
const sampleIds = [0, 1, 2, 3];
const gradients = normalBatch({ seed: 1, purpose: 'norms' }, sampleIds, dims);

const oracles: Readonly<Record<keyof typeof norms, (x: readonly number[]) => number>> = {
  linf: (x) => Math.max(...x.map(Math.abs)),
  l2: (x) => Math.hypot(...x),
  l1: (x) => x.reduce((sum, each) => sum + Math.abs(each), 0),
};

const duals = { linf: oracles.l1, l2: oracles.l2, l1: oracles.linf };

async function run(
  outputs: Readonly<Record<string, Value>>,
  inputs: readonly Value[],
  feeds: Readonly<Record<string, Tensor>>,
) {
  const executable = await engine.compile(createGraph(inputs, outputs));
  const results = await executable.run(feeds);
  await executable.close();
  return (name: string): readonly (readonly number[])[] => {
    const numbers = toNumbers(results[name] as Tensor);
    const rows = results[name]?.dims[0] ?? 0;
    const length = numbers.length / rows;
    return Array.from({ length: rows }, (_, row) => numbers.slice(row * length, (row + 1) * length));
  };
}

function rowsOf(tensor: Tensor): readonly (readonly number[])[] {
  const numbers = toNumbers(tensor);
  return sampleIds.map((_, row) => numbers.slice(row * pixels, (row + 1) * pixels));
}

function clipped(image: readonly number[]): readonly number[] {
  return image.map((value) => Math.min(1, Math.max(0, value)));
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
}

/** Ball, then box; in L1 the nearest point of both. */
function nearestTo(
  image: readonly number[],
  clean: readonly number[],
  norm: keyof typeof norms,
  radius: number,
): readonly number[] {
  const change = image.map((value, pixel) => value - (clean[pixel] ?? 0));
  if (norm === 'l1') return nearestInL1(image, clean, radius);
  const inBall = {
    linf: (each: number) => Math.max(-radius, Math.min(radius, each)),
    l2: (each: number) => each * Math.min(1, radius / Math.hypot(...change)),
  }[norm];
  return clipped(change.map((each, pixel) => (clean[pixel] ?? 0) + inBall(each)));
}

describe.each(Object.values(norms))('$name', (norm) => {
  const oracle = oracles[norm.name];
  const x = input('x', ['N', ...dims]);

  test('measures, projects to the radius and leaves what is inside', async () => {
    const outputs = { size: norm.measure(x), near: norm.project(x, 0.5), far: norm.project(x, 1000) };
    const found = await run(outputs, [x], { x: gradients });
    rowsOf(gradients).forEach((row, sample) => {
      expect(found('size')[sample]?.[0]).toBeCloseTo(oracle(row), 4);
      expect(oracle(found('near')[sample] ?? [])).toBeCloseTo(0.5, 5);
      expect(found('far')[sample]).toEqual(row);
    });
  });

  test('brings images into ball and box, the same in any batch', async () => {
    const clean = input('clean', ['N', ...dims]);
    const outputs = { near: norm.contain(x, clean, 0.5), far: norm.contain(x, clean, 1000) };
    const feeds = { x: gradients, clean: uniformBatch({ seed: 1, purpose: 'clean' }, sampleIds, dims) };
    const found = await run(outputs, [x, clean], feeds);
    rowsOf(feeds.clean).forEach((middle, sample) => {
      const given = rowsOf(gradients)[sample] ?? [];
      const near = found('near')[sample] ?? [];
      const wanted = nearestTo(given, middle, norm.name, 0.5);
      expect(largestDifference(near, wanted)).toBeLessThan(1e-6);
      expect(oracle(near.map((value, pixel) => value - (middle[pixel] ?? 0)))).toBeLessThan(0.5 + 1e-6);
      expect(largestDifference(found('far')[sample] ?? [], clipped(given))).toBeLessThan(1e-6);
    });
    for (const row of sampleIds) {
      const alone = { x: gatherBatch(gradients, [row, row]), clean: gatherBatch(feeds.clean, [row, row]) };
      expect((await run(outputs, [x, clean], alone))('near')[0]).toEqual(found('near')[row]);
    }
  });

  test('projects each sample to a radius of its own', async () => {
    const radius = input('radius', ['N', 1, 1, 1]);
    const radii = [0.25, 0.5, 1, 1000];
    const feeds = { x: gradients, radius: float32([4, 1, 1, 1], radii) };
    const found = await run({ near: norm.project(x, radius) }, [x, radius], feeds);
    rowsOf(gradients).forEach((row, sample) => {
      const wanted = Math.min(radii[sample] ?? 0, oracle(row));
      expect(oracle(found('near')[sample] ?? [])).toBeCloseTo(wanted, 4);
    });
  });

  test('steps in the direction in which a linear function grows most, by the dual norm', async () => {
    const found = await run({ step: norm.steepest(x), dual: norm.dual(x) }, [x], { x: gradients });
    const dual = duals[norm.name];
    rowsOf(gradients).forEach((row, sample) => {
      const step = found('step')[sample] ?? [];
      expect(oracle(step)).toBeCloseTo(1, 5);
      expect(step.reduce((sum, each, pixel) => sum + each * (row[pixel] ?? 0), 0)).toBeCloseTo(dual(row), 3);
      expect(found('dual')[sample]?.[0]).toBeCloseTo(dual(row), 3);
    });
  });

  test('does not step where the gradient is zero', async () => {
    const zero = { ...gradients, data: new Float32Array(gradients.data.length) };
    const found = await run({ step: norm.steepest(x) }, [x], { x: zero });
    expect(
      found('step')
        .flat()
        .every((each) => each === 0),
    ).toBe(true);
  });

  test('starts inside and on the boundary, a sample by its id', async () => {
    const draws = createDraws();
    const outputs = { inside: norm.inside(draws.draw, dims), boundary: norm.boundary(draws.draw, dims) };
    const found = await run(outputs, draws.inputs, fillDraws(draws.specs, { seed: 3, sampleIds }));
    for (const sample of sampleIds) {
      expect(oracle(found('inside')[sample] ?? [])).toBeLessThanOrEqual(1);
      expect(oracle(found('boundary')[sample] ?? [])).toBeCloseTo(1, 5);
    }
    expect(found('inside')[0]).not.toEqual(found('inside')[1]);
  });
});
