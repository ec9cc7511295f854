import type { Budget } from '@parallax/proto/parallax/common/v1/budget';

/** Splits into groups of equal key, in the order of their first members. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** A key that differs wherever one of the parts does. */
export function joinKey(...parts: readonly (string | number | bigint | undefined)[]): string {
  return JSON.stringify(parts.map(String));
}

/** Equal for equal balls; empty for none. */
export function budgetKey(budget: Budget | undefined): string {
  return budget === undefined ? '' : `${budget.norm} ${budget.epsilon}`;
}

/** Order of texts that does not depend on the language of the machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
