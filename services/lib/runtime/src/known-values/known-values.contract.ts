import { createGraph, input } from '@parallax/graph';
import { float32, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { knownValues } from './cases.ts';

/** What differences cannot see: operators without a gradient, and numbers that are none. */
export function describeKnownValues(createEngine: () => Engine): void {
  describe('known values', () => {
    let engine: Engine;
    beforeAll(() => {
      engine = createEngine();
    });
    afterAll(() => engine.close());

    it.each(knownValues)('$name', async ({ at, traced, values }) => {
      const x = input('x', [at.length]);
      const executable = await engine.compile(createGraph([x], { y: traced(x) }));
      const { y } = await executable.run({ x: float32([at.length], at) });
      expect(y === undefined ? [] : toNumbers(y)).toEqual(values);
      await executable.close();
    });
  });
}
