import type { DatasetEnvironment } from '@parallax/datasets';
import type { Plan } from '@parallax/proto/parallax/experiment/v1/plan';
import type { ArtifactStore } from '@parallax/store';
import type { Notebook } from './notebook.ts';
import type { Peers } from './peers.ts';

/** A plan being carried out: what every stage works with. */
export interface CarriedOut {
  /** Identifies the experiment; also the beginning of the idempotency keys of all it asks for. */
  readonly id: string;
  readonly plan: Plan;
  readonly peers: Peers;
  readonly artifacts: ArtifactStore;
  readonly datasets: DatasetEnvironment;
  readonly notebook: Notebook;
  /** Keys of the measurements that the aggregator has. */
  readonly recorded: Set<string>;
  readonly signal: AbortSignal;
}
