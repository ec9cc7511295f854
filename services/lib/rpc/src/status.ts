import { Code } from '@parallax/proto/google/rpc/code';

/** Name of a canonical status code other than OK, such as `NOT_FOUND`. */
export type StatusName = Exclude<keyof typeof Code, 'OK' | 'UNRECOGNIZED'>;

/** HTTP status of each code, for whoever translates calls to HTTP. 499 is the customary "client closed request". */
const httpStatuses: { readonly [S in StatusName]: number } = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

const names = Object.keys(httpStatuses) as StatusName[];
const namesByCode = new Map<number, StatusName>(names.map((name) => [Code[name], name]));

/** HTTP status that says the same as a code. */
export function httpStatusOf(status: StatusName): number {
  return httpStatuses[status];
}

/** Name of a code on the wire; UNKNOWN for numbers that are not canonical. */
export function statusNameOf(code: number): StatusName {
  return namesByCode.get(code) ?? 'UNKNOWN';
}

/** Number of a code on the wire. */
export function statusCodeOf(status: StatusName): (typeof Code)[StatusName] {
  return Code[status];
}
