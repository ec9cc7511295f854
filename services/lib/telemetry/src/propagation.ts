import { type Context, context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';

/** The trace context of the caller, to be the parent of a span. */
export type TraceContext = Context;

/** Headers that carry the current trace (W3C `traceparent`, `tracestate`) to another process. */
export function injectTraceContext(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The trace context another process sent along. */
export function extractTraceContext(header: (name: string) => string | undefined): TraceContext {
  return propagation.extract(ROOT_CONTEXT, header, { get: (get, name) => get(name), keys: () => propagation.fields() });
}
