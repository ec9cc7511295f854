import { createHistogram, extractTraceContext, type Logger, withSpan } from '@parallax/telemetry';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';

const duration = createHistogram('http.server.request.duration', 's', 'Time until an answer begins.');

/** Makes each request a span, child of the caller's, measures it and logs it. Names follow OpenTelemetry's HTTP conventions. */
export function observeRequests(logger: Logger): MiddlewareHandler {
  return async (c, next) => {
    const { method, path } = c.req;
    const start = performance.now();
    const parent = extractTraceContext((name) => c.req.header(name));
    await withSpan(
      `${method} ${path}`,
      async (span) => {
        await next();
        span.set('http.response.status_code', c.res.status);
      },
      { kind: 'server', attributes: { 'http.request.method': method, 'url.path': path }, parent },
    );
    const durationMs = performance.now() - start;
    const attributes = {
      'http.request.method': method,
      'http.route': routePath(c, -1),
      'http.response.status_code': c.res.status,
    };
    duration.record(durationMs / 1000, attributes);
    logger.debug('request', { method, path, status: c.res.status, durationMs: Math.round(durationMs) });
  };
}
