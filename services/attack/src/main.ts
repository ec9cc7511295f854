import { type RunningService, runService, type ServiceEnvironment } from '@parallax/rpc';
import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { openState } from '@parallax/store';
import type { z } from 'zod';
import { configSchema } from './config.ts';
import { createAttackServer } from './server.ts';

await runService({ name: 'parallax-attack', schema: configSchema, start });

async function start(config: z.output<typeof configSchema>, { logger }: ServiceEnvironment): Promise<RunningService> {
  const state = await openState(config);
  // Its threads start with the first attack that is placed far.
  const engine = createOnnxRuntimeEngine();
  const server = await createAttackServer(config, { ...state, engine, logger });
  const close = async () => {
    await server.close();
    await engine.close();
    await state.close();
  };
  return { address: server.address, close };
}
