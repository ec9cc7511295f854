import { createGraph, input } from '@parallax/graph';
import { concatBatch, normalBatch, sliceBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Executable } from '../engine.ts';
import { invarianceCases } from './cases.ts';

/** How many samples the largest batch has; smaller batches take the first of the same samples. */
const samples = 32;
const batchSizes = [1, 2, 3, 8];
const batchesOfEachSize = 6;
const threadCounts = [1, 2];

/** The same sample gives the same bits in any batch and on any number of threads, so that verdicts do not depend on either. */
export function describeBatchInvariance(createEngine: () => Engine): void {
  describe('batch invariance', () => {
    let engine: Engine;
    beforeAll(() => {
      engine = createEngine();
    });
    afterAll(() => engine.close());

    it.each(invarianceCases)('$name', async ({ name, dims, traced }) => {
      const x = input('x', ['N', ...dims]);
      const graph = createGraph([x], { y: traced(x) });
      const batch = normalBatch({ seed: 1, purpose: name }, [...Array(samples).keys()], dims);
      let expected: Tensor | undefined;
      for (const threads of threadCounts) {
        const executable = await engine.compile(graph, { threads });
        const whole = await runRows(executable, batch);
        expected ??= whole;
        expect(differences(whole, expected), `${threads} threads`).toBe(0);
        for (const size of batchSizes) {
          const parts = await runInBatches(executable, batch, size);
          expect(differences(parts, expected), `batches of ${size}, ${threads} threads`).toBe(0);
        }
        await executable.close();
      }
    });
  });
}

async function runInBatches(executable: Executable, batch: Tensor, size: number): Promise<Tensor> {
  const parts: Tensor[] = [];
  for (let start = 0; start < Math.min(samples, batchesOfEachSize * size); start += size) {
    parts.push(await runRows(executable, sliceBatch(batch, start, start + size)));
  }
  return concatBatch(parts);
}

/** Runs a copy of the rows, which stands in memory as a request of its own would. */
async function runRows(executable: Executable, rows: Tensor): Promise<Tensor> {
  const { y } = await executable.run({ x: { ...rows, data: rows.data.slice() } as Tensor });
  if (y === undefined) throw new Error('expected an output y');
  return y;
}

/** How many numbers have other bits than the same numbers of a longer tensor; NaN is equal to NaN. */
function differences({ data }: Tensor, longer: Tensor): number {
  return Array.from(data as ArrayLike<unknown>).filter((value, index) => !Object.is(value, longer.data[index])).length;
}
