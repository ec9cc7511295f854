import { type ActiveSpan, createHistogram, extractTraceContext, startSpan } from '@parallax/telemetry';
import { rpcErrorFrom } from '../error-from.ts';
import type { Interceptor } from '../interceptor.ts';
import { statusCodeOf } from '../status.ts';

const duration = createHistogram('rpc.server.duration', 'ms', 'Duration of calls, from the first byte to the last.');

/** Makes each call a span, child of the caller's, and measures it. Names follow OpenTelemetry's RPC conventions. */
export const traceCalls: Interceptor = (next) =>
  async function* handle(requests, context) {
    const { service, method, full } = context.rpc;
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
    const parent = extractTraceContext((name) => context.metadata.get(name));
    const span = startSpan(full, { kind: 'server', attributes, parent });
    const start = performance.now();
    let code = 0;
    try {
      yield* within(span, next(requests, context));
      span.end();
    } catch (thrown) {
      code = statusCodeOf(rpcErrorFrom(thrown).status);
      span.end(thrown);
      throw thrown;
    } finally {
      duration.record(performance.now() - start, { ...attributes, 'rpc.grpc.status_code': code });
    }
  };

/** The same messages, each produced inside the span: a generator's body otherwise belongs to whoever asks for more. */
async function* within<T>(span: ActiveSpan, messages: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = span.run(() => messages[Symbol.asyncIterator]());
  try {
    for (;;) {
      const step = await span.run(() => iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await span.run(() => iterator.return?.());
  }
}
