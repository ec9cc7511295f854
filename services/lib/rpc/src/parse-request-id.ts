import { InputError } from '@parallax/config';

const longestRequestId = 128;

/** Reads the idempotency key of a Create call. @throws InputError when it is too long. */
export function parseRequestId(requestId: string): string {
  if (requestId.length <= longestRequestId) return requestId;
  const got = `${requestId.length} characters`;
  throw new InputError([{ field: 'request_id', expected: `at most ${longestRequestId} characters`, got }]);
}
