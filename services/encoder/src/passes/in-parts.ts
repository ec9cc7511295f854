import type { Results } from '@parallax/runtime';
import { concatBatch, sliceBatch, type Tensor } from '@parallax/tensor';

/** Enough rows to keep a core busy, few enough to stop soon after a cancellation. */
const mostRows = 32;

/**
 * Works on the rows 0 … `count` - 1 of a batch in parts, `lanes` at a time, and joins what was made of them. What is made
 * of a row must not depend on its part. Stops at the first failure, and between parts once the signal aborts; settles only
 * when nothing is under way any more.
 */
export async function inParts(
  count: number,
  lanes: number,
  signal: AbortSignal,
  work: (rows: readonly number[]) => Promise<Results>,
): Promise<Results> {
  const parts = partsOf(count, lanes);
  const made: Results[] = [];
  const pending = parts.entries();
  let failed = false;
  const lane = async () => {
    for (const [index, rows] of pending) {
      if (failed) return;
      signal.throwIfAborted();
      made[index] = await onAtLeastTwo(rows, work);
    }
  };
  const guarded = () =>
    lane().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: lanes }, guarded));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return joined(made);
}

/** Runs of rows of nearly equal length, as many as there are lanes where there are enough rows. */
function partsOf(count: number, lanes: number): readonly (readonly number[])[] {
  const parts = Math.max(Math.ceil(count / mostRows), Math.min(lanes, Math.floor(count / 2)), 1);
  return Array.from({ length: parts }, (_, part) => {
    const start = Math.floor((part * count) / parts);
    const end = Math.floor(((part + 1) * count) / parts);
    return Array.from({ length: end - start }, (_unused, index) => start + index);
  });
}

/** onnxruntime takes other code for a single row, which rounds differently: a lone row is worked on twice. */
async function onAtLeastTwo(
  rows: readonly number[],
  work: (rows: readonly number[]) => Promise<Results>,
): Promise<Results> {
  const [only] = rows;
  if (rows.length !== 1 || only === undefined) return work(rows);
  const results = await work([only, only]);
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, sliceBatch(tensor, 0, 1)]));
}

function joined(results: readonly Results[]): Results {
  const [first = {}] = results;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, concatBatch(results.map((result) => outputOf(result, name)))]),
  );
}

/** An output that the graph is known to have. */
export function outputOf(results: Results, name: string): Tensor {
  const tensor = results[name];
  if (tensor === undefined) throw new Error(`output ${name}: expected a tensor, got none`);
  return tensor;
}
