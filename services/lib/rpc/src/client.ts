import { Client as Channel, credentials } from '@grpc/grpc-js';
import { type CallOptions, deadlineOf } from './call-options.ts';
import { makeCall } from './client-call.ts';
import { internal } from './errors.ts';
import { defaultDeadlineMs, defaultMaxMessageBytes, flowControlWindowBytes, keepaliveMs } from './limits.ts';
import { type InputOf, type Method, nameOfMethod, type OutputOf, type Service } from './method.ts';
import { isRepeatable, withRetries } from './retry.ts';
import { single } from './streams.ts';

/** What a client can be told. */
export interface ClientOptions {
  /** Time a call that answers with one message may take unless told otherwise, in milliseconds; default 60 s. */
  readonly deadlineMs?: number;
  /** Largest message, in bytes; default 64 MiB. */
  readonly maxMessageBytes?: number;
}

/** A method of a client: the shape of its handler. Streams start when their first message is asked for. */
export type ClientMethod<M> = (input: InputOf<M>, options?: CallOptions) => OutputOf<M>;

/** A client of a service: its methods, and what ends the connection. All methods throw RpcError. */
export type Client<S extends Service> = { readonly [Name in keyof S]: ClientMethod<S[Name]> } & Disposable & {
    /** `host:port` it calls. */
    readonly address: string;
    /** Closes the connection; calls in progress fail. */
    close(): void;
  };

/**
 * Creates a client of a service. Nothing is dialled before the first call; clients of one address share a connection.
 *
 * Calls with one answer have a deadline (60 s unless told otherwise) and are repeated while the server cannot be
 * reached, when repeating is safe. Streams have neither.
 */
export function createClient<S extends Service>(service: S, address: string, options: ClientOptions = {}): Client<S> {
  const { deadlineMs = defaultDeadlineMs, maxMessageBytes = defaultMaxMessageBytes } = options;
  const channel = new Channel(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs,
    'grpc-node.flow_control_window': flowControlWindowBytes,
    // Repetition is decided per call, below; the transport's own would keep a copy of every message.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
  });
  const methods = Object.entries(service).map(([name, method]) => [
    name,
    clientMethod(channel, address, method, deadlineMs),
  ]);
  const close = () => channel.close();
  // The entries are those of the service, each with the shape its method definition prescribes.
  return { ...Object.fromEntries(methods), address, close, [Symbol.dispose]: close } as Client<S>;
}

function clientMethod(channel: Channel, address: string, method: Method, deadlineMs: number) {
  const { method: name } = nameOfMethod(method);
  const start = (input: unknown, options: CallOptions, deadline: Date | undefined) => {
    const requests = method.requestStream ? (input as AsyncIterable<unknown>) : single(input);
    return makeCall({ channel, address, method, requests, signal: options.signal, deadline });
  };
  if (method.responseStream) {
    return (input: unknown, options: CallOptions = {}) =>
      start(input, options, deadlineOf(options, Number.POSITIVE_INFINITY));
  }
  return (input: unknown, options: CallOptions = {}) => {
    const deadline = deadlineOf(options, deadlineMs);
    const attempt = () => onlyResponse(start(input, options, deadline));
    const repeatable = !method.requestStream && isRepeatable(name, input);
    return repeatable ? withRetries(attempt, options.signal) : attempt();
  };
}

async function onlyResponse(responses: AsyncIterable<unknown>): Promise<unknown> {
  const received: unknown[] = [];
  for await (const response of responses) received.push(response);
  if (received.length === 1) return received[0];
  throw internal(`expected exactly 1 response message, got ${received.length}`);
}
