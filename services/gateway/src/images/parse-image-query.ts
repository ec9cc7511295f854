import { parseInput } from '@parallax/config';
import { z } from 'zod';

const shape = z
  .string()
  .regex(/^[1-9]\d{0,4}x[13]x[1-9]\d{0,3}x[1-9]\d{0,3}$/, 'NxCxHxW with C = 1 or 3, such as 8x3x32x32')
  .transform((text) => text.split('x').map(Number) as [number, number, number, number]);

const index = z
  .string()
  .regex(/^\d{1,5}$/, 'an integer ≥ 0')
  .transform(Number);

const imageQuery = z.strictObject({ shape, index, datatype: z.enum(['FP32', 'UINT8']).default('FP32') });

const differenceQuery = imageQuery.extend({ gain: z.coerce.number().positive().max(1000).optional() });

/** What a request says of the image it wants: [N,C,H,W], index below N, element type. @throws InputError */
export function parseImageQuery(input: Readonly<Record<string, string>>): z.output<typeof imageQuery> {
  return parseInput(imageQuery, input);
}

/** The same for a difference, with the gain, if any. @throws InputError */
export function parseDifferenceQuery(input: Readonly<Record<string, string>>): z.output<typeof differenceQuery> {
  return parseInput(differenceQuery, input);
}
