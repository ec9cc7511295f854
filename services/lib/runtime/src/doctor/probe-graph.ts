import { add, createGraph, type Graph, input, matMul } from '@parallax/graph';
import { float32, toNumbers } from '@parallax/tensor';
import type { Engine } from '../engine.ts';

/** A graph that every engine can run: y = x·x + x of a 2 × 2 matrix. */
export function probeGraph(): Graph {
  const x = input('x', [2, 2]);
  return createGraph([x], { y: add(matMul(x, x), x) });
}

export const probeFeed: readonly number[] = [1, 2, 3, 4];
export const probeResult: readonly number[] = [8, 12, 18, 26];

/** Runs the probe, and closes the engine. @throws Error when it does not run or gives other numbers. */
export async function runProbe(engine: Engine): Promise<void> {
  try {
    const executable = await engine.compile(probeGraph());
    const { y } = await executable.run({ x: float32([2, 2], probeFeed) });
    const got = y === undefined ? [] : toNumbers(y);
    if (got.join() !== probeResult.join()) throw new Error(`expected ${probeResult.join()}, computed ${got.join()}`);
  } finally {
    await engine.close();
  }
}
