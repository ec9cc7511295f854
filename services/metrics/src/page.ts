import { Violations } from '@parallax/config';
import type { Page } from './measurements/measurement-store.ts';

const defaultPageSize = 100;
const largestPageSize = 1000;

/** @throws InputError when size or token is malformed. */
export function parsePage({ pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string }): Page {
  const before = /^before:(\d{1,16})$/.exec(Buffer.from(pageToken, 'base64url').toString())?.[1];
  const violations = new Violations();
  const hasSize = pageSize >= 0 && pageSize <= largestPageSize;
  violations.expect(hasSize, 'page_size', `an integer in [0, ${largestPageSize}]`, pageSize);
  const hasToken = pageToken === '' || before !== undefined;
  violations.expect(hasToken, 'page_token', 'the token of the page before', pageToken);
  violations.throwIfAny();
  return { size: pageSize || defaultPageSize, before: before === undefined ? undefined : Number(before) };
}

/** The token of the page after the measurement with this id. Opaque, so that nobody comes to rely on what it holds. */
export function renderPageToken(lastId: bigint): string {
  return Buffer.from(`before:${lastId}`).toString('base64url');
}
