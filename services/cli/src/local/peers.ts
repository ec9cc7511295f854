import type { CliConfig } from '../config.ts';
import { paradigmNames } from '../options/paradigms.ts';
import type { ServiceName } from './service-names.ts';

/** Where services find each other: those run here as they come up, the others where the configuration says. */
export interface Peers {
  /** Notes where a service listens. */
  add(name: ServiceName, address: string): void;
  /** `host:port` of a service. */
  addressOf(name: ServiceName): string;
  /** The same as variables of the environment, for configurations. */
  variables(): Record<string, string>;
}

/** Creates the directory of addresses. */
export function createPeers({ encoders, attack, probe, metrics, experiment }: CliConfig): Peers {
  const addresses = new Map<string, string>(Object.entries({ attack, probe, metrics, experiment }));
  for (const [paradigm, address] of encoders) addresses.set(`encoder-${paradigm}`, address);
  const addressOf = (name: ServiceName) => addresses.get(name) ?? '';
  return {
    add: (name, address) => addresses.set(name, address),
    addressOf,
    variables: () => ({
      PARALLAX_ENCODERS: paradigmNames.map((name) => `${name}=${addressOf(`encoder-${name}`)}`).join(','),
      PARALLAX_ATTACK: addressOf('attack'),
      PARALLAX_PROBE: addressOf('probe'),
      PARALLAX_METRICS: addressOf('metrics'),
      PARALLAX_EXPERIMENT: addressOf('experiment'),
    }),
  };
}
