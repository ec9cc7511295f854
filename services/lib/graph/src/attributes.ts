import { GraphError } from './errors.ts';
import type { AttributeTable } from './operator.ts';

/**
 * Attributes with the defaults filled in.
 * @throws GraphError when one is missing, or not an attribute of the operator.
 */
export function completeAttributes<A extends object>(
  op: string,
  table: AttributeTable<A>,
  given: Readonly<Record<string, unknown>>,
): A {
  const complete: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries<{ readonly default: unknown }>(table)) {
    const value = given[name] ?? spec.default;
    if (value === undefined) throw new GraphError(op, `attribute ${name}: expected a value, got none`);
    complete[name] = value;
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) throw new GraphError(op, `attribute ${name}: not an attribute of ${op}`);
  }
  return complete as A;
}
