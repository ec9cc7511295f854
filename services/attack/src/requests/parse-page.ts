import { Violations } from '@parallax/config';

const standardSize = 100;
const largestSize = 1000;

/** Which part of a fixed list is wanted. */
export interface ListPage {
  readonly start: number;
  readonly size: number;
}

/** @throws InputError when size or token is malformed. */
export function parsePage({
  pageSize,
  pageToken,
}: {
  readonly pageSize: number;
  readonly pageToken: string;
}): ListPage {
  const start = /^from:(\d{1,6})$/.exec(Buffer.from(pageToken, 'base64url').toString())?.[1];
  const violations = new Violations();
  const hasSize = pageSize >= 0 && pageSize <= largestSize;
  violations.expect(hasSize, 'page_size', `an integer in [0, ${largestSize}]`, pageSize);
  const hasToken = pageToken === '' || start !== undefined;
  violations.expect(hasToken, 'page_token', 'the token of the page before', pageToken);
  violations.throwIfAny();
  return { start: Number(start ?? 0), size: pageSize || standardSize };
}

/** The token of the page that begins at `start`. Opaque, so that nobody comes to rely on what it holds. */
export function renderPageToken(start: number): string {
  return Buffer.from(`from:${start}`).toString('base64url');
}
