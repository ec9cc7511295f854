import type { Runner } from '@parallax/workflow';
import type { Ground } from './runs/ground.ts';
import type { ProbeResult, ProbeSpec } from './runs/probe-spec.ts';

/** What the handlers share. */
export interface Service {
  readonly ground: Ground;
  readonly probes: Runner<ProbeSpec, ProbeResult>;
}
