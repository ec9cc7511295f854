import { configSchema as attackConfigSchema, createAttackServer } from '@parallax/attack';
import { loadConfig } from '@parallax/config';
import { createEncoderServer, configSchema as encoderConfigSchema } from '@parallax/encoder';
import { createExperimentServer, experimentConfigSchema } from '@parallax/experiment';
import { createGatewayServer, gatewayConfigSchema } from '@parallax/gateway';
import { createMetricsServer, metricsConfigSchema } from '@parallax/metrics';
import { createProbeServer, probeConfigSchema } from '@parallax/probe';
import type { RunningService } from '@parallax/rpc';
import type { Logger } from '@parallax/telemetry';
import type { z } from 'zod';
import { flagsOf, type Variables } from '../config.ts';
import type { ParadigmName } from '../options/paradigms.ts';
import type { ServiceName } from './service-names.ts';
import type { SharedState } from './state.ts';

/** What services of one process share, and a logger of one's own; each takes what it needs. */
export interface Dependencies extends SharedState {
  readonly logger: Logger;
}

/** What a service is started with. */
export interface Start {
  /** Values that decide over the environment, by key of the service's configuration; keys it does not have are left out. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly env: Variables;
  readonly dependencies: Dependencies;
}

type Starter = (start: Start) => Promise<RunningService>;

/** Binds a service's configuration to its server. */
const starter =
  <Schema extends z.ZodObject>(
    schema: Schema,
    create: (config: z.output<Schema>, dependencies: Dependencies) => Promise<RunningService>,
    own: Start['settings'] = {},
  ): Starter =>
  ({ settings, env, dependencies }) => {
    const known = Object.entries({ ...settings, ...own }).filter(([key]) => key in schema.shape);
    return create(loadConfig(schema, { argv: flagsOf(Object.fromEntries(known)), env }), dependencies);
  };

const encoder = (paradigm: ParadigmName) => starter(encoderConfigSchema, createEncoderServer, { paradigm });

/** How each service is started. */
export const starters: { readonly [Name in ServiceName]: Starter } = {
  'encoder-sl': encoder('sl'),
  'encoder-cl': encoder('cl'),
  'encoder-mim': encoder('mim'),
  'encoder-dm': encoder('dm'),
  probe: starter(probeConfigSchema, createProbeServer),
  attack: starter(attackConfigSchema, createAttackServer),
  metrics: starter(metricsConfigSchema, createMetricsServer),
  experiment: starter(experimentConfigSchema, createExperimentServer),
  gateway: starter(gatewayConfigSchema, createGatewayServer, { grpcPort: '0' }),
};
