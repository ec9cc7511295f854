import { Plan } from '@parallax/proto/parallax/experiment/v1/plan';
import type { Run, Runner } from '@parallax/workflow';

/** The specification of an experiment's run: the plan as the contract encodes it, in base64, because a run keeps JSON. */
export interface ExperimentSpec {
  readonly plan: string;
}

/** What is found stands in the ledger, so that it can grow; the run itself has no result. */
export type ExperimentRun = Run<ExperimentSpec, null>;
export type ExperimentRunner = Runner<ExperimentSpec, null>;

export function experimentSpec(plan: Plan): ExperimentSpec {
  return { plan: Buffer.from(Plan.encode(plan).finish()).toString('base64') };
}

export function planOf({ plan }: ExperimentSpec): Plan {
  return Plan.decode(Buffer.from(plan, 'base64'));
}
