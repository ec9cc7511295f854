import { serviceFields } from '@parallax/config';
import { z } from 'zod';

/** What the metrics service can be told. */
export const configSchema = z.object(serviceFields(50063));

export type MetricsConfig = z.output<typeof configSchema>;
