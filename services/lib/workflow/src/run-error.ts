import { ConflictError, InputError, NotFoundError } from '@parallax/config';
import type { RunError } from './run.ts';

/** Domain errors in full; of any other only that it happened: the service's log has the rest. */
export function describeRunError(error: unknown): RunError {
  if (error instanceof InputError) {
    const { message, violations } = error;
    return { code: 'INVALID_ARGUMENT', reason: 'INVALID_INPUT', message, violations };
  }
  if (error instanceof NotFoundError) {
    return { code: 'NOT_FOUND', reason: 'NOT_FOUND', message: error.message, violations: [] };
  }
  if (error instanceof ConflictError) {
    return { code: 'FAILED_PRECONDITION', reason: 'CONFLICT', message: error.message, violations: [] };
  }
  const message = 'the run failed unexpectedly; the log of the service has the cause under the id of the run';
  return { code: 'INTERNAL', reason: 'INTERNAL', message, violations: [] };
}
