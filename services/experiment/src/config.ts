import { address, addresses, serviceFields } from '@parallax/config';
import { z } from 'zod';

/** What the experiment service can be told: besides the common settings, where the services are that do the work. */
export const configSchema = z.object({
  ...serviceFields(50064),
  encoders: addresses({
    sl: '127.0.0.1:50051',
    cl: '127.0.0.1:50052',
    mim: '127.0.0.1:50053',
    dm: '127.0.0.1:50054',
  }).meta({ description: 'encoder services by paradigm' }),
  attack: address('127.0.0.1:50061').meta({ description: 'attack service' }),
  probe: address('127.0.0.1:50062').meta({ description: 'probe service' }),
  metrics: address('127.0.0.1:50063').meta({ description: 'metrics service' }),
});

/** The part of the configuration that the server looks at. */
export type ExperimentConfig = Pick<
  z.output<typeof configSchema>,
  'host' | 'port' | 'dataDir' | 'encoders' | 'attack' | 'probe' | 'metrics'
>;
