import { createGraph, input } from '@parallax/graph';
import { concatBatch, normalBatch, sliceBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Executable } from '../engine.ts';
import { invarianceCases } from './cases.ts';

/** How many samples the largest batch has; every other batch size takes the same samples in parts. */
const samples = 32;
const batchSizes = [1, 2, 3, 8];
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
      const results = new Map<string, Tensor>();
      for (const threads of threadCounts) {
        const executable = await engine.compile(graph, { threads });
        results.set(`${samples} samples at once, ${threads} threads`, await runRows(executable, batch));
        for (const size of batchSizes) {
          const parts: Tensor[] = [];
          for (let start = 0; start < samples; start += size) {
            parts.push(await runRows(executable, sliceBatch(batch, start, start + size)));
          }
          results.set(`batches of ${size}, ${threads} threads`, concatBatch(parts));
        }
        await executable.close();
      }
      const [expected] = results.values();
      for (const [how, { data }] of results) expect(differences(data, expected?.data), how).toBe(0);
    });
  });
}

/** Runs a copy of the rows, which stands in memory as a request of its own would. */
async function runRows(executable: Executable, rows: Tensor): Promise<Tensor> {
  const { y } = await executable.run({ x: { ...rows, data: rows.data.slice() } as Tensor });
  if (y === undefined) throw new Error('expected an output y');
  return y;
}

/** How many numbers have other bits; NaN is equal to NaN. */
function differences(actual: Tensor['data'], expected: Tensor['data'] | undefined): number {
  return Array.from(actual as ArrayLike<unknown>).filter((value, index) => !Object.is(value, expected?.[index])).length;
}
