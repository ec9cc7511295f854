import { type ErrorFacts, InputError, type Violation } from './errors.ts';

/**
 * Collects everything that is wrong with a request, so that the caller hears of all of it at once.
 *
 * ```ts
 * const violations = new Violations();
 * violations.expect(epsilon > 0, 'budget.epsilon', 'a number > 0', epsilon);
 * violations.expect(labels.length === n, 'labels', `${n} entries`, labels.length);
 * violations.throwIfAny();
 * ```
 */
export class Violations {
  readonly #found: Violation[] = [];

  /** Notes a violation unless `holds`; returns `holds`, so that later checks can depend on it. */
  expect(holds: boolean, field: string, expected: string, got: unknown): boolean {
    if (!holds) this.#found.push({ field, expected, got: describeValue(got) });
    return holds;
  }

  /** Takes over violations found elsewhere, their fields put below `prefix`. */
  include(violations: readonly Violation[], prefix = ''): void {
    for (const violation of violations) {
      const field = [prefix, violation.field].filter((part) => part !== '').join('.');
      this.#found.push({ ...violation, field });
    }
  }

  /** What was found so far. */
  get all(): readonly Violation[] {
    return this.#found;
  }

  /** @throws InputError with all violations, when there is one. */
  throwIfAny(facts?: ErrorFacts): void {
    if (this.#found.length > 0) throw new InputError(this.#found, facts);
  }
}

const longestValue = 80;

/** A value in an error message: short, and unambiguous about texts and nothing. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  if (text === undefined) return typeof value;
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
