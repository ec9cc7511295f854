import { addresses, serviceFields } from '@parallax/config';
import { z } from 'zod';

/** What the probe service can be told. */
export const configSchema = z.object({
  ...serviceFields(50_062),
  encoders: addresses({
    sl: '127.0.0.1:50051',
    cl: '127.0.0.1:50052',
    mim: '127.0.0.1:50053',
    dm: '127.0.0.1:50054',
  }),
});

/** The part of the configuration that the server looks at. */
export type ProbeConfig = Pick<z.output<typeof configSchema>, 'host' | 'port' | 'dataDir' | 'encoders'>;
