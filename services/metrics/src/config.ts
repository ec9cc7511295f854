import { serviceFields } from '@parallax/config';
import { z } from 'zod';

/** What the metrics service can be told. */
export const configSchema = z.object(serviceFields(50063));

/** The part of the configuration that the server looks at. */
export type MetricsConfig = Pick<z.output<typeof configSchema>, 'host' | 'port'>;
