import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { importModel } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithOriginal } from './compare.ts';

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
  },
);
