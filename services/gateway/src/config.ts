import { address, addresses, home, host, logLevel, otlpEndpoint, port } from '@parallax/config';
import { z } from 'zod';

const origins = z
  .string()
  .transform((text, context) => {
    const list = text.split(',').map((entry) => entry.trim());
    if (list.every((entry) => URL.canParse(entry) && new URL(entry).origin === entry)) return list;
    context.addIssue({ code: 'custom', message: 'a list of origins https://host[:port],…' });
    return z.NEVER;
  })
  .default([])
  .meta({ description: 'origins whose pages may call the API, origin,…; none by default' });

/** Configuration of the gateway. */
export const gatewayConfigSchema = z.object({
  port: port(8080).meta({ description: 'port of pages and API, 0 = any free' }),
  grpcPort: port(50_065).meta({ description: 'port of gRPC health and reflection, 0 = any free' }),
  host: host(),
  home: home(),
  encoders: addresses({
    sl: '127.0.0.1:50051',
    cl: '127.0.0.1:50052',
    mim: '127.0.0.1:50053',
    dm: '127.0.0.1:50054',
  }),
  attack: address('127.0.0.1:50061'),
  metrics: address('127.0.0.1:50063'),
  experiment: address('127.0.0.1:50064'),
  upstreamDeadlineMs: z.coerce
    .number()
    .int()
    .min(1)
    .default(10_000)
    .meta({ description: 'time a service may take to answer a call, in milliseconds' }),
  corsOrigins: origins,
  webDir: z.string().min(1).optional().meta({ description: 'folder of the built page; default: beside the program' }),
  logLevel: logLevel(),
  otlpEndpoint: otlpEndpoint(),
});

/** The value of `gatewayConfigSchema`. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
