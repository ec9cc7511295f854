import { runService } from '@parallax/rpc';
import { gatewayConfigSchema } from './config.ts';
import { createGatewayServer } from './server.ts';

await runService({
  name: 'parallax-gateway',
  schema: gatewayConfigSchema,
  start: (config, { logger }) => createGatewayServer(config, { logger }),
});
