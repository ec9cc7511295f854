import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { importModel } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithOriginal } from './compare.ts';
import { bfloat16Bits, float16Bits, type Half, inHalf } from './half.ts';

// Models that lie beside the checkout on some machines; elsewhere the test says that it found none.
const folder = path.resolve(import.meta.dirname, '../../../shared/models');
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.onnx')) : [];

describe.skipIf(files.length === 0)(
  `models in ${path.relative(process.cwd(), folder)} (skipped where there are none)`,
  () => {
    let engine: Engine;
    beforeAll(() => {
      engine = createOnnxRuntimeEngine({ workers: 1 });
    });
    afterAll(() => engine.close());

    it.each(files)('%s gives what onnxruntime gives for the original bytes, and differentiates', async (file) => {
      const bytes = readFileSync(path.join(folder, file));
      const imported = importModel(bytes);
      const { forward, batch, gradient } = await compareWithOriginal(engine, bytes, imported);
      expect(imported.graph.outputs.map(({ value }) => value.shape)).toEqual([['N', 10]]);
      expect(forward).toBeLessThan(1e-5);
      expect(batch).toBe(0);
      expect(gradient).toBeLessThan(1e-4);
    });

    // Half precision is stored exactly. Where it is computed in, onnxruntime rounds between some nodes, and we do not.
    const halves: readonly (readonly [half: Half, scope: 'weights' | 'all', tolerance: number])[] = [
      ['float16', 'weights', 1e-5],
      ['bfloat16', 'weights', 1e-5],
      ['float16', 'all', 1e-3],
    ];
    it.each(files.flatMap((file) => halves.map((half) => [file, ...half] as const)))(
      '%s in %s (%s) gives what onnxruntime gives, and differentiates',
      async (file, half, scope, tolerance) => {
        const bytes = inHalf(readFileSync(path.join(folder, file)), half, scope);
        const imported = importModel(bytes);
        const { forward, batch, gradient } = await compareWithOriginal(engine, bytes, imported);
        expect(imported.notes).toContainEqual(expect.stringMatching(/^Half precision is computed as float32/));
        expect(forward).toBeLessThan(tolerance);
        expect(batch).toBe(0);
        expect(gradient).toBeLessThan(1e-4);
      },
    );
  },
);

describe('numbers in half precision', () => {
  it.each([
    [1, 0x3c00, 0x3f80],
    [-2.5, 0xc100, 0xc020],
    [0, 0, 0],
    [65504, 0x7bff, 0x4780],
    [1e6, 0x7c00, 0x4974],
    [2 ** -14, 0x0400, 0x3880],
    [2 ** -24, 0x0001, 0x3380],
    [2 ** -26, 0, 0x3280],
    [1 + 2 ** -11, 0x3c00, 0x3f80],
    [1 + 3 * 2 ** -11, 0x3c02, 0x3f80],
    [2 - 2 ** -12, 0x4000, 0x4000],
  ])('%f', (value, float16, bfloat16) => {
    expect([float16Bits(value), bfloat16Bits(value)]).toEqual([float16, bfloat16]);
  });
});
