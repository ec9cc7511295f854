import type { NearBatch } from '../near/batch.ts';
import type { StageCondition } from '../near/program.ts';
import { batchSizeOf, drive, type NearResult, type NearRunOptions } from '../near/run.ts';
import type { FarExecutable } from './compile.ts';
import type { Observer } from './observer.ts';
import { FarRunner } from './runner.ts';

/** An attack with its own graphs, and one observer for each of its sources, in the same order. */
export interface FarStage {
  readonly far: FarExecutable;
  readonly observers: readonly Observer[];
  readonly condition: StageCondition;
}

/**
 * Runs attacks that are placed far one after the other, as `drive` does. For one source the results are those of the same
 * attacks placed near, bit for bit.
 * @throws as `drive`, and whatever the observers throw.
 */
export async function runFar(
  stages: readonly FarStage[],
  batch: NearBatch,
  options: NearRunOptions,
): Promise<NearResult> {
  const { seed, signal } = options;
  const batchSize = batchSizeOf(options);
  signal?.throwIfAborted();
  const runnerOptions = { seed, batchSize, ...(signal === undefined ? {} : { signal }) };
  const driven = stages.map(({ far, observers, condition }) => ({
    program: far.program,
    runner: new FarRunner(far, observers, batch, runnerOptions),
    condition,
  }));
  return drive(driven, batch, options);
}
