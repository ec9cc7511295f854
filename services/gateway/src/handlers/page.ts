import { notFound, unavailable } from '@parallax/rpc';
import type { Context, Handler } from 'hono';
import type { Page, PageFile } from '../load-page.ts';

/** `GET /assets/:name`: a file the page consists of. */
export function asset(page: Page): Handler {
  return (c) => {
    const name = c.req.param('name') ?? '';
    const file = page.get(name);
    if (file === undefined) throw notFound(`/assets/${name}: expected a file of the page, got an unknown name`);
    return fileAnswer(c, file);
  };
}

/** `GET` of anything else: the page, which reads from its address what to show. */
export function page(files: Page): Handler {
  return (c) => {
    const file = files.get('index.html');
    if (file === undefined) throw unavailable('the page is not built: expected `npm run build` before the start');
    return fileAnswer(c, file);
  };
}

/** Asked for anew each time, for the names stay the same from version to version, but sent only when changed. */
function fileAnswer(c: Context, { content, mediaType, tag }: PageFile): Response {
  const headers = { ETag: tag, 'Cache-Control': 'no-cache' };
  if (c.req.header('if-none-match') === tag) return c.body(null, 304, headers);
  return c.body(content, 200, { ...headers, 'Content-Type': mediaType });
}
