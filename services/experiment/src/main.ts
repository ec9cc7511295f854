import { type RunningService, runService, type ServiceEnvironment } from '@parallax/rpc';
import { openState } from '@parallax/store';
import type { z } from 'zod';
import { configSchema } from './config.ts';
import { createExperimentServer } from './server.ts';

await runService({ name: 'parallax-experiment', schema: configSchema, start });

async function start(config: z.output<typeof configSchema>, { logger }: ServiceEnvironment): Promise<RunningService> {
  const state = await openState(config);
  const server = await createExperimentServer(config, { ...state, logger });
  const close = async () => {
    await server.close();
    await state.close();
  };
  return { address: server.address, close };
}
