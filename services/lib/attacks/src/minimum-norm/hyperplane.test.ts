import { createGraph, input } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, normalBatch, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { norms } from '../norms/registry.ts';
import type { Vector } from '../testing/reference.ts';
import { difference, exactStepToZero, sizeOf } from '../testing/reference-boundary.ts';
import { toyDims, toyImages, toyPixels } from '../testing/toy-encoder.ts';
import { stepToZero } from './hyperplane.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [0, 1, 2, 3, 4, 5, 6, 7];
const images = toyImages(sampleIds);
const normals = normalBatch({ seed: 2, purpose: 'hyperplane' }, sampleIds, toyDims).data;

/** Gradients with a few pixels that matter far more than the others, and none in every fifth. */
const heavy = normals.map((value, at) => (at % 5 === 0 ? 0 : Math.sign(value) * Math.exp(3 * value)));

async function steps(norm: keyof typeof norms, gradients: Float32Array, values: Vector): Promise<readonly Vector[]> {
  const [x, gradient, value] = [input('x', ['N', ...toyDims]), input('g', ['N', ...toyDims]), input('v', ['N'])];
  const step = stepToZero(x, { at: x, value, gradient }, norms[norm]);
  const executable = await engine.compile(createGraph([x, gradient, value], { step }));
  const feeds = { x: images, g: float32(images.dims, gradients), v: float32([values.length], values) };
  const found = toNumbers((await executable.run(feeds))['step'] as Tensor);
  await executable.close();
  return rowsOf(found);
}

function rowsOf(numbers: ArrayLike<number>): readonly Vector[] {
  const all = Array.from(numbers);
  return sampleIds.map((_, row) => all.slice(row * toyPixels, (row + 1) * toyPixels));
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, each, at) => sum + each * (b[at] ?? 0), 0);
}

const laws = [
  { law: 'normal', gradients: normals },
  { law: 'heavy-tailed', gradients: heavy },
  { law: 'tiny', gradients: normals.map((value) => value * 1e-12) },
  { law: 'huge', gradients: normals.map((value) => value * 1e12) },
];

describe.each(['linf', 'l2', 'l1'] as const)('%s', (norm) => {
  const reach = rowsOf(images.data).map((row) => row.map((value) => ({ down: value, up: 1 - value })));

  /** How far the function of each sample can rise (or fall) within the box. */
  const capacities = (gradients: Float32Array, sign: number): Vector =>
    rowsOf(gradients).map((row, sample) =>
      row.reduce((sum, slope, pixel) => {
        const room = reach[sample]?.[pixel];
        return sum + Math.abs(slope) * ((slope * sign > 0 ? room?.up : room?.down) ?? 0);
      }, 0),
    );

  describe.each(laws)('$law gradients', ({ gradients }) => {
    test.each([-0.001, -0.1, -0.6, -0.95, 0.3, 0.9])('goes %f of the way the box allows', async (share) => {
      const values = capacities(gradients, -Math.sign(share)).map((most) => Math.fround(most * share));
      const found = await steps(norm, gradients, values);
      rowsOf(gradients).forEach((gradient, row) => {
        const [x, step, value] = [rowsOf(images.data)[row] ?? [], found[row] ?? [], values[row] ?? 0];
        const exact = exactStepToZero(x, value, gradient, norm);
        expect(sizeOf(difference(step, exact), 'linf')).toBeLessThan(norm === 'l1' ? 1e-3 : 2e-5);
        expect(Math.abs(value + dot(gradient, step)) / Math.abs(value)).toBeLessThan(1e-4);
        expect(sizeOf(step, norm)).toBeLessThan(sizeOf(exact, norm) * (1 + 1e-4));
      });
    });
  });

  test('goes to the corner of the box when the boundary is out of reach', async () => {
    const values = capacities(normals, 1).map((most) => -2 * most);
    const found = await steps(norm, normals, values);
    rowsOf(normals).forEach((gradient, row) => {
      const x = rowsOf(images.data)[row] ?? [];
      found[row]?.forEach((step, pixel) => {
        expect((x[pixel] ?? 0) + step).toBeCloseTo((gradient[pixel] ?? 0) > 0 ? 1 : 0, 5);
      });
    });
  });

  test('stays where nothing leads away, and where it is at the boundary', async () => {
    const none = new Float32Array(normals.length);
    const still = [
      ...(await steps(
        norm,
        none,
        sampleIds.map(() => -1),
      )),
      ...(await steps(
        norm,
        normals,
        sampleIds.map(() => 0),
      )),
    ];
    expect(still.flat().every((value) => Math.abs(value) === 0)).toBe(true);
  });
});
