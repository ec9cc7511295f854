import { EncoderDirectory } from '@parallax/messages';
import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import { type Client, createClient } from '@parallax/rpc';
import type { ExperimentConfig } from '../config.ts';

/** The services that do the work. */
export interface Peers extends Disposable {
  readonly encoders: EncoderDirectory;
  readonly attack: Client<AttackServiceService>;
  readonly probe: Client<ProbeServiceService>;
  readonly metrics: Client<MetricsServiceService>;
}

/** Clients of the services that do the work; connections are made when first needed. */
export function createPeers(config: Pick<ExperimentConfig, 'encoders' | 'attack' | 'probe' | 'metrics'>): Peers {
  const encoders = new EncoderDirectory(config.encoders);
  const attack = createClient(AttackServiceService, config.attack);
  const probe = createClient(ProbeServiceService, config.probe);
  const metrics = createClient(MetricsServiceService, config.metrics);
  const close = (): void => {
    for (const client of [encoders, attack, probe, metrics]) client.close();
  };
  return { encoders, attack, probe, metrics, [Symbol.dispose]: close };
}
