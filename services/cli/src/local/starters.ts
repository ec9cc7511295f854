import { loadConfig } from '@parallax/config';
import { createGatewayServer, gatewayConfigSchema } from '@parallax/gateway';
import { createMetricsServer, metricsConfigSchema } from '@parallax/metrics';
import type { RunningService } from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { Logger } from '@parallax/telemetry';
import type { z } from 'zod';
import { flagsOf, type Variables } from '../config.ts';
import type { ServiceName } from './service-names.ts';

/** What a service is started with. */
export interface Start {
  /** Values that decide over the environment, by key of the service's configuration; keys it does not have are left out. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly env: Variables;
  readonly logger: Logger;
  readonly engine: Engine;
}

type Starter = (start: Start) => Promise<RunningService>;

/** Binds a service's configuration to its server. */
const starter =
  <Schema extends z.ZodObject>(
    schema: Schema,
    create: (config: z.output<Schema>, dependencies: Pick<Start, 'logger' | 'engine'>) => Promise<RunningService>,
    own: Start['settings'] = {},
  ): Starter =>
  ({ settings, env, logger, engine }) => {
    const known = Object.entries({ ...settings, ...own }).filter(([key]) => key in schema.shape);
    return create(loadConfig(schema, { argv: flagsOf(Object.fromEntries(known)), env }), { logger, engine });
  };

/** How each service is started. */
export const starters: { readonly [Name in ServiceName]?: Starter } = {
  metrics: starter(metricsConfigSchema, createMetricsServer),
  gateway: starter(gatewayConfigSchema, createGatewayServer, { grpcPort: '0' }),
};
