import { PreconditionError } from '@parallax/config';
import { GraphError, NotDifferentiableError } from '@parallax/graph';
import type { ServedEncoder } from '../encoders/encoder-library.ts';

/**
 * Builds a graph with a gradient through an encoder.
 * @throws PreconditionError (NOT_DIFFERENTIABLE) that names the node, where an imported encoder is known to let none through.
 */
export function nameBlocker<T>({ name, manifest }: ServedEncoder, build: () => T): T {
  try {
    return build();
  } catch (error) {
    const blocker = manifest.imported?.gradientBlocker ?? '';
    if (blocker === '' || !saysNoGradient(error)) throw error;
    const [operator = '', node = ''] = blocker.split(' at ');
    throw new PreconditionError(`encoder ${name}: ${blocker} lets no gradient through`, {
      reason: 'NOT_DIFFERENTIABLE',
      facts: { operator, node },
      cause: error,
    });
  }
}

function saysNoGradient(error: unknown): boolean {
  if (error instanceof PreconditionError) return error.reason === 'ATTACK_WITHOUT_EFFECT';
  return error instanceof NotDifferentiableError || (error instanceof GraphError && error.op === 'differentiate');
}
