import { createHash } from 'node:crypto';
import type { Context } from 'hono';

/** A year: what is addressed by the digest of its content never changes. */
const immutable = 'public, max-age=31536000, immutable';

/**
 * Answers with content that its URL determines for ever; `create` is not called for a client that has it already, nor
 * the answer kept by anyone when it throws.
 */
export async function immutableAnswer(
  c: Context,
  mediaType: string,
  create: () => Promise<Uint8Array>,
): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const tag = `"${createHash('sha256').update(`${pathname}${search}`).digest('base64url').slice(0, 22)}"`;
  const headers = { ETag: tag, 'Cache-Control': immutable };
  if (c.req.header('if-none-match') === tag) return c.body(null, 304, headers);
  const content = await create();
  return c.body(new Uint8Array(content), 200, { ...headers, 'Content-Type': mediaType });
}
