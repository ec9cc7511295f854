import { randomUUID } from 'node:crypto';
import {
  ConflictError,
  CorruptDataError,
  DomainError,
  InputError,
  LimitError,
  NotFoundError,
  PreconditionError,
} from '@parallax/config';
import { RpcError } from './rpc-error.ts';
import type { StatusName } from './status.ts';

/** The code of each kind of domain error; the first that fits counts. */
const domainStatuses: readonly (readonly [new (...args: never[]) => DomainError, StatusName])[] = [
  [InputError, 'INVALID_ARGUMENT'],
  [NotFoundError, 'NOT_FOUND'],
  [ConflictError, 'ALREADY_EXISTS'],
  [PreconditionError, 'FAILED_PRECONDITION'],
  [CorruptDataError, 'DATA_LOSS'],
  [LimitError, 'RESOURCE_EXHAUSTED'],
];

/**
 * The RpcError that says what an unknown thrown value means to a caller: itself, a domain error with its code, an
 * abandoned operation, or else INTERNAL, which tells nothing but an incident number; the cause is for the log.
 */
export function rpcErrorFrom(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  if (thrown instanceof DomainError) return fromDomainError(thrown);
  if (nameOf(thrown) === 'AbortError') return new RpcError('CANCELLED', 'the call was cancelled', { cause: thrown });
  if (nameOf(thrown) === 'TimeoutError') {
    return new RpcError('DEADLINE_EXCEEDED', 'the deadline passed', { cause: thrown });
  }
  const incident = randomUUID();
  return new RpcError('INTERNAL', `internal error, incident ${incident}: see the log of the server`, {
    facts: { incident },
    cause: thrown,
  });
}

function fromDomainError(error: DomainError): RpcError {
  const status = domainStatuses.find(([kind]) => error instanceof kind)?.[1] ?? 'INTERNAL';
  const violations =
    error instanceof InputError
      ? error.violations.map(({ field, expected, got }) => ({ field, description: `expected ${expected}, got ${got}` }))
      : [];
  return new RpcError(status, error.message, { reason: error.reason, facts: error.facts, violations, cause: error });
}

function nameOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.name : undefined;
}
