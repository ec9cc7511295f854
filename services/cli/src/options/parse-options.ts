import { InputError, parseInput } from '@parallax/config';
import type { z } from 'zod';

/**
 * Reads the options of a command by a schema.
 *
 * @throws InputError with one violation for each bad option, named as the user typed it: `--eps`.
 */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  try {
    return parseInput(schema, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.violations.map((violation) => ({ ...violation, field: flagOf(violation.field) })));
  }
}

/** `batchSize` → `--batch-size`; what follows a dot names an entry of a list. */
function flagOf(field: string): string {
  const [key = ''] = field.split('.');
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
