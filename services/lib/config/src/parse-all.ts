import { InputError, type Violation } from './errors.ts';

/**
 * Runs several parsers and returns what they made, so that the caller hears at once of everything that is wrong.
 *
 * @throws InputError with the violations of all of them; any other error of one of them as it is.
 */
export function parseAll<Parsers extends Readonly<Record<string, () => unknown>>>(
  parsers: Parsers,
): { readonly [Name in keyof Parsers]: ReturnType<Parsers[Name]> } {
  const violations: Violation[] = [];
  const parsed = Object.entries(parsers).map(([name, parse]) => {
    try {
      return [name, parse()];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      violations.push(...error.violations);
      return [name, undefined];
    }
  });
  if (violations.length > 0) throw new InputError(violations);
  return Object.fromEntries(parsed) as { readonly [Name in keyof Parsers]: ReturnType<Parsers[Name]> };
}

/**
 * Runs a parser that names fields from the inside: the fields in its InputError are put below `prefix`. The parser may be
 * asynchronous.
 */
export function within<T>(prefix: string, parse: () => T): T {
  const rethrow = (error: unknown): never => {
    if (!(error instanceof InputError)) throw error;
    const violations = error.violations.map((each) => ({ ...each, field: `${prefix}.${each.field}` }));
    throw new InputError(violations, { reason: error.reason, facts: error.facts });
  };
  try {
    const parsed = parse();
    return parsed instanceof Promise ? (parsed.catch(rethrow) as T) : parsed;
  } catch (error) {
    return rethrow(error);
  }
}
