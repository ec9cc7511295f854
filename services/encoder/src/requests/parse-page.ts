import { Violations } from '@parallax/config';

const standardSize = 50;
const largestSize = 1000;

/** Which part of a list by name is wanted. */
export interface NamePage {
  readonly size: number;
  /** Only names after this one. */
  readonly after: string | undefined;
}

/** @throws InputError when size or token is malformed. */
export function parsePage({
  pageSize,
  pageToken,
}: {
  readonly pageSize: number;
  readonly pageToken: string;
}): NamePage {
  const after = /^after:([a-z0-9-]+)$/.exec(Buffer.from(pageToken, 'base64url').toString())?.[1];
  const violations = new Violations();
  const hasSize = pageSize >= 0 && pageSize <= largestSize;
  violations.expect(hasSize, 'page_size', `an integer in [0, ${largestSize}]`, pageSize);
  const hasToken = pageToken === '' || after !== undefined;
  violations.expect(hasToken, 'page_token', 'the token of the page before', pageToken);
  violations.throwIfAny();
  return { size: pageSize || standardSize, after };
}

/** The token of the page after a name. Opaque, so that nobody comes to rely on what it holds. */
export function renderPageToken(lastName: string): string {
  return Buffer.from(`after:${lastName}`).toString('base64url');
}
