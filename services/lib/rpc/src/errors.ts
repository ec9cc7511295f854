import { RpcError, type RpcErrorDetails } from './rpc-error.ts';
import type { StatusName } from './status.ts';

// One constructor for each code a handler has reason to return. Library code throws the domain errors of
// @parallax/config instead and knows nothing of codes.

type ErrorConstructor = (message: string, details?: RpcErrorDetails) => RpcError;

const constructorOf =
  (status: StatusName): ErrorConstructor =>
  (message, details) =>
    new RpcError(status, message, details);

/** The request can never succeed as written. */
export const invalidArgument = constructorOf('INVALID_ARGUMENT');

/** Something named in the request does not exist. */
export const notFound = constructorOf('NOT_FOUND');

/** The request contradicts what exists. */
export const alreadyExists = constructorOf('ALREADY_EXISTS');

/** The thing addressed cannot do this. */
export const failedPrecondition = constructorOf('FAILED_PRECONDITION');

/** A limit was met. */
export const resourceExhausted = constructorOf('RESOURCE_EXHAUSTED');

/** This server, or one behind it, cannot be reached now. */
export const unavailable = constructorOf('UNAVAILABLE');

/** Stored bytes are damaged. */
export const dataLoss = constructorOf('DATA_LOSS');

/** The caller gave up. */
export const cancelled = constructorOf('CANCELLED');

/** The time the caller gave has passed. */
export const deadlineExceeded = constructorOf('DEADLINE_EXCEEDED');

/** An invariant of this code does not hold. */
export const internal = constructorOf('INTERNAL');
