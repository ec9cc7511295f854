import type { RunError } from '@parallax/proto/parallax/common/v1/run';
import { RpcError, statusNameOf } from '@parallax/rpc';

/** The error a run failed with, as if a call had returned it. */
export function failureOf(what: string, error: RunError | undefined): RpcError {
  if (error === undefined) return new RpcError('UNKNOWN', `${what} failed without saying why`);
  return new RpcError(statusNameOf(error.code), error.message, {
    reason: error.reason,
    violations: error.fieldViolations.map(({ field, description }) => ({ field, description })),
  });
}

/** The error of a run that somebody else cancelled. */
export function cancellationOf(what: string): RpcError {
  return new RpcError('CANCELLED', `${what} was cancelled`);
}
