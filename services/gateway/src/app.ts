import { LimitError } from '@parallax/config';
import { notFound, rpcErrorFrom } from '@parallax/rpc';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { asset, page } from './handlers/page.ts';
import { observeRequests } from './http/observe-requests.ts';
import { refuseCrossSite } from './http/refuse-cross-site.ts';
import { errorResponse } from './http/render-error.ts';
import type { Page } from './load-page.ts';
import { createRoutes, type RouteDependencies } from './routes.ts';

/** What the application needs besides what its routes need. */
export interface AppDependencies extends RouteDependencies {
  readonly page: Page;
  /** Origins whose pages may call the API; none: its own only. */
  readonly corsOrigins: readonly string[];
}

/** The largest request is a plan: some kilobytes. */
const maxBodyBytes = 1024 * 1024;

/** Everything a page may load and do; it consists of its own files alone. */
const contentSecurityPolicy = {
  defaultSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** The whole HTTP application: what is done around every request, the API, and the page for everything else. */
export function createApp(dependencies: AppDependencies): Hono {
  const { logger, page: files, corsOrigins } = dependencies;
  const app = new Hono();
  app.use(observeRequests(logger));
  app.use(secureHeaders({ contentSecurityPolicy }));
  if (corsOrigins.length > 0) app.use('/api/*', cors({ origin: [...corsOrigins] }));
  app.use('/api/*', refuseCrossSite(corsOrigins));
  app.use('/api/*', bodyLimit({ maxSize: maxBodyBytes, onError: refuseBody }));
  app.get('/healthz', (c) => c.json({ status: 'SERVING' }));
  app.route('/api/v1', createRoutes(dependencies));
  app.all('/api/*', ({ req }) => {
    throw notFound(`${req.method} ${req.path}: expected a route of the API, got an unknown one`);
  });
  app.get('/assets/:name', asset(files));
  app.get('*', page(files));
  app.notFound(({ req }) => {
    throw notFound(`${req.method} ${req.path}: expected GET, got ${req.method}`);
  });
  app.onError((thrown) => {
    const error = rpcErrorFrom(thrown);
    if (error.status === 'INTERNAL') logger.error('request failed', { error });
    else logger.debug('request refused', { status: error.status, detail: error.message });
    return errorResponse(error);
  });
  return app;
}

function refuseBody(): never {
  throw new LimitError(`expected a body of at most ${maxBodyBytes} bytes, got more`, { reason: 'MESSAGE_TOO_LARGE' });
}
