import { InputError } from '@parallax/config';

const unsupported = /node (?<node>.+) \((?<operator>\S+)\): the operator is not supported/;

/**
 * A model that cannot become an encoder: what was expected of it, and what it is. The reason is UNSUPPORTED_OPERATOR
 * where that is all that stands in the way.
 */
export function modelRefused(expected: string, got: string, cause?: unknown): InputError {
  const groups = unsupported.exec(got)?.groups;
  const known = { node: groups?.['node'] ?? '', operator: groups?.['operator'] ?? '' };
  const facts = groups === undefined ? { reason: 'MODEL_REFUSED' } : { reason: 'UNSUPPORTED_OPERATOR', facts: known };
  return new InputError([{ field: 'model', expected, got }], { ...facts, cause });
}
