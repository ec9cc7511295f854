import { addresses, serviceFields } from '@parallax/config';
import { z } from 'zod';

/** What the attack service can be told. */
export const configSchema = z.object({
  ...serviceFields(50_061),
  encoders: addresses({
    sl: '127.0.0.1:50051',
    cl: '127.0.0.1:50052',
    mim: '127.0.0.1:50053',
    dm: '127.0.0.1:50054',
  }).meta({ description: 'encoder services by paradigm, NAME=host:port,…' }),
});

/** The part of the configuration that the server looks at. */
export type AttackConfig = Pick<z.output<typeof configSchema>, 'host' | 'port' | 'dataDir' | 'encoders'>;
