import { RpcError } from '@parallax/rpc';
import type { MiddlewareHandler } from 'hono';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that change something when a page of another origin makes a browser send them: the API has no other
 * guard against a foreign page that cancels somebody's experiment. Programs that are not browsers send no origin.
 */
export function refuseCrossSite(allowedOrigins: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const origin = c.req.header('origin');
    const own = origin === undefined || allowedOrigins.includes(origin) || hostOf(origin) === c.req.header('host');
    if (!own && !safeMethods.has(c.req.method)) {
      throw new RpcError('PERMISSION_DENIED', `expected a request from a page of this gateway, got origin ${origin}`, {
        reason: 'ORIGIN_REFUSED',
        facts: { origin },
      });
    }
    await next();
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
