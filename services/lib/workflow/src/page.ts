import { describeValue, InputError } from '@parallax/config';

/** Which part of a long list to return. */
export interface PageRequest {
  /** At most so many; 0 or absent for the default of 50; more than 1000 counts as 1000. */
  readonly pageSize?: number;
  /** From the page before; empty or absent for the first page. */
  readonly pageToken?: string;
}

const defaultPageSize = 50;
const mostPageSize = 1000;
const tokenPrefix = 'after:';

/** `after` is the last id of the page before, or null. @throws InputError when size or token is malformed. */
export function parsePageRequest({ pageSize = 0, pageToken = '' }: PageRequest): {
  pageSize: number;
  after: string | null;
} {
  if (!Number.isInteger(pageSize) || pageSize < 0) {
    throw new InputError([{ field: 'page_size', expected: 'a non-negative integer', got: describeValue(pageSize) }]);
  }
  const size = Math.min(pageSize || defaultPageSize, mostPageSize);
  if (pageToken === '') return { pageSize: size, after: null };
  const text = Buffer.from(pageToken, 'base64url').toString();
  if (!/^after:[0-9a-z]+$/.test(text)) {
    throw new InputError([
      { field: 'page_token', expected: 'the token of the page before', got: describeValue(pageToken) },
    ]);
  }
  return { pageSize: size, after: text.slice(tokenPrefix.length) };
}

/** Opaque, so that nobody comes to rely on what it holds. */
export function renderPageToken(lastId: string): string {
  return Buffer.from(tokenPrefix + lastId).toString('base64url');
}
