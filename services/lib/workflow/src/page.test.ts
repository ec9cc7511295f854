import { describe, expect, it } from 'vitest';
import { parsePageRequest, renderPageToken } from './page.ts';

describe('pages', () => {
  it('have defaults and limits', () => {
    expect(parsePageRequest({})).toEqual({ pageSize: 50, after: null });
    expect(parsePageRequest({ pageSize: 5000, pageToken: renderPageToken('0abc') })).toEqual({
      pageSize: 1000,
      after: '0abc',
    });
  });

  it.each([
    [{ pageSize: -1 }, 'page_size: expected a non-negative integer, got -1'],
    [{ pageSize: 1.5 }, 'page_size: expected a non-negative integer, got 1.5'],
    [{ pageToken: 'x' }, 'page_token: expected the token of the page before, got "x"'],
  ])('refuse %o', (request, message) => {
    expect(() => parsePageRequest(request)).toThrow(message);
  });
});
