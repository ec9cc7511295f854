import { httpStatusOf, type RpcError, type StatusName } from '@parallax/rpc';

/** An error as the API writes it: the content of a `google.rpc.Status`, in words. */
export interface ErrorBody {
  readonly error: {
    /** Canonical code, such as `NOT_FOUND`. */
    readonly code: StatusName;
    /** Why: an ErrorReason without its prefix. */
    readonly reason: string;
    /** One precise sentence. */
    readonly message: string;
    /** Names and numbers of the case. */
    readonly facts: Readonly<Record<string, string>>;
    /** Every field to blame. */
    readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
  };
}

/** Renders an error for the body of an answer or an event. */
export function renderError({ status, reason, message, facts, violations }: RpcError): ErrorBody {
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  return { error: { code: status, reason, message, facts, fieldViolations } };
}

/** Renders an error as an answer of its HTTP status. */
export function errorResponse(error: RpcError): Response {
  const headers = { 'Cache-Control': 'no-store', ...(error.status === 'UNAVAILABLE' && { 'Retry-After': '2' }) };
  return Response.json(renderError(error), { status: httpStatusOf(error.status), headers });
}
