import { GraphError } from '../../errors.ts';

/** A model that cannot be imported: which node or field, what was expected, what came. */
export class ImportError extends GraphError {
  constructor(message: string) {
    super('import', message);
  }
}

/** A model written for one batch length that cannot be had for any: it is imported with the length it has. */
export class FixedBatchError extends ImportError {}

/** A name from a file as a message shows it: whole, unless it is very long. */
export function shown(name: string): string {
  const longest = 100;
  return name.length > longest ? `${name.slice(0, longest)}…` : name;
}
