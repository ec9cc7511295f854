import { DomainError, InputError, NotFoundError } from '@parallax/config';
import { RpcError, type StatusName } from '@parallax/rpc';
import { CommanderError } from 'commander';
import { FailedCheck } from './failed-check.ts';
import { Interrupted } from './interrupted.ts';

/** How a command ends. */
export const exitStatus = { ok: 0, failed: 1, misused: 2, interrupted: 130 } as const;

/** One of the numbers a command ends with. */
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** What the user gave is wrong, rather than the state of the system. */
const misuses: readonly StatusName[] = ['INVALID_ARGUMENT', 'NOT_FOUND', 'OUT_OF_RANGE', 'UNIMPLEMENTED'];

/** The exit status that says what kind of error this is. */
export function exitStatusOf(thrown: unknown): ExitStatus {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitStatus.ok : exitStatus.misused;
  if (thrown instanceof Interrupted) return exitStatus.interrupted;
  if (thrown instanceof InputError || thrown instanceof NotFoundError) return exitStatus.misused;
  if (thrown instanceof RpcError && misuses.includes(thrown.status)) return exitStatus.misused;
  return exitStatus.failed;
}

/** The error in words for the user: what was expected and what came, without a stack. */
export function describeError(thrown: unknown): string {
  if (thrown instanceof RpcError) return describeRpcError(thrown);
  if (thrown instanceof DomainError || thrown instanceof Interrupted || thrown instanceof FailedCheck)
    return thrown.message;
  if (thrown instanceof Error) return `${thrown.message} (--debug shows where)`;
  return String(thrown);
}

/** What to do about errors of a reason. */
const advices: Readonly<Record<string, string>> = {
  PEER_UNREACHABLE: '\nstart the services with: parallax up',
  DRAWS_REQUIRED: '\nwith --draws N, each step averages the gradients of N draws (EOT)',
};

function describeRpcError({ status, reason, message, violations }: RpcError): string {
  const fields = violations.map(({ field, description }) => `  ${field}: ${description}`);
  const lines = violations.length > 0 ? [`the request is refused`, ...fields] : [message];
  return `${lines.join('\n')} [${status}${reason === status ? '' : `, ${reason}`}]${advices[reason] ?? ''}`;
}
