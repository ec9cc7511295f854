import type { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import { runMessage } from '@parallax/workflow';
import type { Findings } from './experiment-ledger.ts';
import { type ExperimentRun, planOf } from './experiment-run.ts';

/** An experiment in the words of the contract. */
export function experimentMessage(run: ExperimentRun, { progress, result }: Findings): Experiment {
  return { run: runMessage(run), plan: planOf(run.spec), progress, result };
}
