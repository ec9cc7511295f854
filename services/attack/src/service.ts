import type { Runner } from '@parallax/workflow';
import type { AttackGround } from './attacking/attack-dataset.ts';
import type { StoredResult, StoredSpec } from './attacking/stored-run.ts';

/** What the handlers share. */
export interface Service {
  readonly ground: AttackGround;
  readonly runs: Runner<StoredSpec, StoredResult>;
}
