import { type RpcError, rpcErrorFrom } from '@parallax/rpc';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { renderError } from './render-error.ts';

/** One event of a stream. */
export interface ServerEvent {
  readonly event: string;
  /** Written as JSON. */
  readonly data: unknown;
  /** What a client that lost the connection names as the last event it has seen. */
  readonly id?: string;
}

/** Sends an event; resolves when the client has taken it. */
export type SendEvent = (event: ServerEvent) => Promise<void>;

/** Proxies close connections on which nothing is said for a minute. */
const keepAliveMs = 15_000;

/** Time a browser waits before it connects again. */
const retryMs = 1_000;

/**
 * Answers with server-sent events until `produce` is done; the signal it gets is aborted when the client leaves or
 * `closing` is. The last event is `end` when there is nothing more to come; a stream that breaks off without it, after a
 * `problem` or when the gateway stops, is to be asked for again.
 */
export function eventStream(
  c: Context,
  closing: AbortSignal,
  produce: (send: SendEvent, signal: AbortSignal) => Promise<void>,
): Response {
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing]);
    const send: SendEvent = ({ event, data, id }) =>
      stream.writeSSE({ event, data: JSON.stringify(data), retry: retryMs, ...(id !== undefined && { id }) });
    const keepAlive = setInterval(() => void stream.write(': still here\n\n'), keepAliveMs);
    try {
      await produce(send, signal);
      await send({ event: 'end', data: {} });
    } catch (thrown) {
      if (!signal.aborted) await send(problem(rpcErrorFrom(thrown)));
    } finally {
      clearInterval(keepAlive);
    }
  });
}

/** The event that tells of an error. */
export function problem(error: RpcError): ServerEvent {
  return { event: 'problem', data: renderError(error) };
}
