import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { GatewayConfig } from '../config.ts';
import { createUpstream, type Upstream } from './upstream.ts';

/** A deployment of the encoder service. */
export type EncoderUpstream = Upstream<typeof EncoderServiceService>;

/** Everything the gateway calls. */
export interface Upstreams extends Disposable {
  /** One for each deployment, in the order configured. */
  readonly encoders: readonly EncoderUpstream[];
  readonly attack: Upstream<typeof AttackServiceService>;
  readonly metrics: Upstream<typeof MetricsServiceService>;
  readonly experiment: Upstream<typeof ExperimentServiceService>;
}

/** Creates the clients of all services. */
export function createUpstreams(config: GatewayConfig): Upstreams {
  const { upstreamDeadlineMs: deadlineMs } = config;
  const encoders = [...config.encoders].map(([name, address]) =>
    createUpstream(`encoder service ${name}`, EncoderServiceService, address, deadlineMs),
  );
  const attack = createUpstream('attack service', AttackServiceService, config.attack, deadlineMs);
  const metrics = createUpstream('metrics service', MetricsServiceService, config.metrics, deadlineMs);
  const experiment = createUpstream('experiment service', ExperimentServiceService, config.experiment, deadlineMs);
  const dispose = () => {
    for (const upstream of [...encoders, attack, metrics, experiment]) upstream[Symbol.dispose]();
  };
  return { encoders, attack, metrics, experiment, [Symbol.dispose]: dispose };
}
