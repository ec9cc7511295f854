import { serviceFields } from '@parallax/config';
import { type Paradigm, paradigms } from '@parallax/paradigms';
import { z } from 'zod';

/** Port of each deployment unless told otherwise. */
const standardPorts: { readonly [P in Paradigm]: number } = { sl: 50_051, cl: 50_052, mim: 50_053, dm: 50_054 };

const port = z.coerce.number('an integer').int().min(0).max(65_535).optional();

/** What an encoder service can be told. One code, four deployments: `paradigm` says which. */
export const configSchema = z.object({
  ...serviceFields(standardPorts.sl),
  paradigm: z.enum(paradigms).default('sl').meta({ description: 'whose encoders are served and trained' }),
  convolutions: z.enum(['direct', 'tiled']).default('tiled').meta({
    description: 'how convolutions are computed: tiled is faster on batches, direct on single images',
  }),
  port: port.meta({ description: 'port, 0 = any free; default: 50051 sl, 50052 cl, 50053 mim, 50054 dm' }),
});

/** The part of the configuration that the server looks at. */
export type EncoderConfig = Pick<z.output<typeof configSchema>, 'host' | 'port' | 'paradigm' | 'dataDir'>;

/** The port to listen on. */
export function portOf({ port: chosen, paradigm }: EncoderConfig): number {
  return chosen ?? standardPorts[paradigm];
}
