import { runService } from '@parallax/rpc';
import { configSchema } from './config.ts';
import { createMetricsServer } from './server.ts';

await runService({ name: 'parallax-metrics', schema: configSchema, start: createMetricsServer });
