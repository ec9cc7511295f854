import { InputError } from '@parallax/config';
import { UnsupportedOperatorError } from '@parallax/graph';

/**
 * A model that cannot become an encoder: what was expected of it, and what it is. The reason is UNSUPPORTED_OPERATOR
 * where that is all that stands in the way. `field` says which file it is of several.
 */
export function modelRefused(expected: string, got: string, cause?: unknown, field = 'model'): InputError {
  return new InputError([{ field, expected, got }], { ...why(cause), cause });
}

function why(cause: unknown) {
  if (!(cause instanceof UnsupportedOperatorError)) return { reason: 'MODEL_REFUSED' };
  const { node, operator, domain, opset } = cause.facts;
  return { reason: 'UNSUPPORTED_OPERATOR', facts: { node, operator, domain, opset: `${opset}` } };
}
