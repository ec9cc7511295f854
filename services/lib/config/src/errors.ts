/** One thing that is wrong with what was given. */
export interface Violation {
  /** Path of the field, such as `attack.epsilon`. */
  readonly field: string;
  /** What the field may be, with its unit. */
  readonly expected: string;
  /** What it was. */
  readonly got: string;
}

/** What a program may want to know about an error. */
export interface ErrorFacts {
  /** Why, in UPPER_SNAKE_CASE, such as `ENCODER_NOT_FOUND`; see `ErrorReason` in the contracts. */
  readonly reason?: string;
  /** Names and numbers of the case, such as `{ encoder: 'sl-tiny' }`. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The error underneath; for logs only. */
  readonly cause?: unknown;
}

/** An error that is the caller's to act on. It says what is wrong and knows nothing of transport. */
export abstract class DomainError extends Error {
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;

  constructor(message: string, defaultReason: string, { reason = defaultReason, facts = {}, cause }: ErrorFacts = {}) {
    super(message, { cause });
    this.reason = reason;
    this.facts = facts;
  }
}

/** What was given is wrong, whatever the state of the system; `violations` names every offending field. */
export class InputError extends DomainError {
  override readonly name: string = 'InputError';
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[], facts?: ErrorFacts) {
    const text = violations.map(({ field, expected, got }) => `${field}: expected ${expected}, got ${got}`);
    super(text.join('; '), 'INVALID_FIELD', facts);
    this.violations = violations;
  }
}

/** What was asked for does not exist. */
export class NotFoundError extends DomainError {
  override readonly name: string = 'NotFoundError';

  constructor(message: string, facts?: ErrorFacts) {
    super(message, 'NOT_FOUND', facts);
  }
}

/** The request contradicts what exists already. */
export class ConflictError extends DomainError {
  override readonly name: string = 'ConflictError';

  constructor(message: string, facts?: ErrorFacts) {
    super(message, 'ALREADY_EXISTS', facts);
  }
}

/** The request is well formed, but the thing it addresses cannot do it: a part is missing, a run has ended. */
export class PreconditionError extends DomainError {
  override readonly name: string = 'PreconditionError';

  constructor(message: string, facts?: ErrorFacts) {
    super(message, 'FAILED_PRECONDITION', facts);
  }
}

/** Stored bytes are damaged: a truncated file, a checksum that does not match. */
export class CorruptDataError extends DomainError {
  override readonly name: string = 'CorruptDataError';

  constructor(message: string, facts?: ErrorFacts) {
    super(message, 'DATA_LOSS', facts);
  }
}

/** A limit was met: a queue is full, something is too large. */
export class LimitError extends DomainError {
  override readonly name: string = 'LimitError';

  constructor(message: string, facts?: ErrorFacts) {
    super(message, 'RESOURCE_EXHAUSTED', facts);
  }
}
