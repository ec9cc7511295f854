import { type Attributes, type Context, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** What a span can be told. */
export interface SpanOptions {
  /** Role in a call; default: internal work. */
  readonly kind?: 'client' | 'internal' | 'server';
  /** Facts known at the start. */
  readonly attributes?: Attributes;
  /** The caller's context, where it is not the current one. */
  readonly parent?: Context;
}

/** A span in progress. Without an SDK every method does nothing. */
export interface ActiveSpan {
  /** Adds a fact. */
  set(name: string, value: string | number | boolean): void;
  /** Ends the span; with an error, as failed. */
  end(error?: unknown): void;
  /** Runs a function as part of the span: spans and logs made in it, also later, belong to the span. */
  run<T>(work: () => T): T;
}

const kinds = { client: SpanKind.CLIENT, internal: SpanKind.INTERNAL, server: SpanKind.SERVER };

/** Starts a span that the caller ends. */
export function startSpan(name: string, { kind = 'internal', attributes, parent }: SpanOptions = {}): ActiveSpan {
  const outer = parent ?? context.active();
  const span = trace
    .getTracer('parallax')
    .startSpan(name, { kind: kinds[kind], ...(attributes && { attributes }) }, outer);
  const inner = trace.setSpan(outer, span);
  return {
    set: (key, value) => void span.setAttribute(key, value),
    end: (error) => endSpan(span, error),
    run: (work) => context.with(inner, work),
  };
}

/** Does some work in a span of its own, ended when the work is, as failed when it throws. */
export async function withSpan<T>(
  name: string,
  work: (span: ActiveSpan) => Promise<T>,
  options?: SpanOptions,
): Promise<T> {
  const span = startSpan(name, options);
  try {
    const result = await span.run(() => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

function endSpan(span: Span, error: unknown): void {
  if (error !== undefined) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  }
  span.end();
}
