import type { StatusName } from './status.ts';

/** One field of a request to blame. */
export interface FieldViolation {
  /** Path of the field, such as `attack.budget.epsilon`. */
  readonly field: string;
  /** `expected …, got …`. */
  readonly description: string;
}

/** What an RpcError says besides its code and message. */
export interface RpcErrorDetails {
  /** Why, in UPPER_SNAKE_CASE: a value of `ErrorReason` without its prefix. */
  readonly reason?: string;
  /** Facts a program may use. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Fields to blame. */
  readonly violations?: readonly FieldViolation[];
  /** The error underneath. Never sent. */
  readonly cause?: unknown;
}

/** The one error that crosses process boundaries. Server and client see the same code, reason, facts and violations. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly status: StatusName;
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];

  constructor(
    status: StatusName,
    message: string,
    { reason = status, facts = {}, violations = [], cause }: RpcErrorDetails = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.reason = reason;
    this.facts = facts;
    this.violations = violations;
  }
}
