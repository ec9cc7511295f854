import type { DatasetEnvironment } from '@parallax/datasets';
import type { Peers } from './execution/peers.ts';
import type { ExperimentLedger } from './experiments/experiment-ledger.ts';
import type { ExperimentRunner } from './experiments/experiment-run.ts';

/** What the handlers share. */
export interface Service {
  readonly runner: ExperimentRunner;
  readonly ledger: ExperimentLedger;
  readonly datasets: DatasetEnvironment;
  readonly peers: Peers;
}
