import { type Client, type ClientDuplexStream, Metadata, type ServiceError } from '@grpc/grpc-js';
import { injectTraceContext, startSpan } from '@parallax/telemetry';
import { abandonment } from './abandon.ts';
import { decodeError, hasDetails } from './error-details.ts';
import { type Method, nameOfMethod } from './method.ts';
import { RpcError } from './rpc-error.ts';
import { readMessages, writeMessages } from './streams.ts';

/** A call to be made. */
export interface OutgoingCall {
  readonly channel: Client;
  /** Where the channel leads, for error messages. */
  readonly address: string;
  readonly method: Method;
  readonly requests: AsyncIterable<unknown>;
  readonly signal: AbortSignal | undefined;
  readonly deadline: Date | undefined;
}

// Requests reach the stream through writeMessages, which is given only what the method's types admitted.
type ClientStream = ClientDuplexStream<never, unknown>;

/**
 * Makes a call once and gives its responses. Every call is made as a two-way stream: on the wire they all are. The call
 * starts when the first response is asked for, and is cancelled when the caller stops before the last.
 *
 * @throws RpcError
 */
export async function* makeCall(outgoing: OutgoingCall): AsyncGenerator<unknown> {
  const { method, address, signal } = outgoing;
  if (signal?.aborted === true) throw abandonment(signal.reason);
  const { service, method: name, full } = nameOfMethod(method);
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': name, 'server.address': address };
  const span = startSpan(full, { kind: 'client', attributes });
  try {
    const call = span.run(() => open(outgoing));
    yield* exchange(call, outgoing);
    span.end();
  } catch (thrown) {
    span.end(thrown);
    throw thrown;
  }
}

function open({ channel, method, deadline }: OutgoingCall): ClientStream {
  const metadata = new Metadata();
  for (const [header, value] of Object.entries(injectTraceContext())) metadata.set(header, value);
  const { path, requestSerialize, responseDeserialize } = method;
  return channel.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, {
    ...(deadline && { deadline }),
  });
}

async function* exchange(call: ClientStream, { requests, signal, address }: OutgoingCall): AsyncGenerator<unknown> {
  // Ends the sending side when the call is over, whoever ended it.
  const over = new AbortController();
  const sendFailures: unknown[] = [];
  const cancel = () => call.cancel();
  // A call that is cancelled below still reports that as an error, when nobody reads from it any more.
  call.on('error', () => undefined);
  signal?.addEventListener('abort', cancel, { once: true });
  void send(call, requests, over.signal, sendFailures);
  try {
    yield* readMessages(call, over.signal);
  } catch (thrown) {
    if (signal?.aborted === true) throw abandonment(signal.reason);
    throw sendFailures.length > 0 ? sendFailures[0] : clientError(thrown, address);
  } finally {
    signal?.removeEventListener('abort', cancel);
    over.abort();
    cancel();
  }
}

/** Sends the requests; when their source fails, notes why and cancels the call, so that the receiving side hears of it. */
async function send(
  call: ClientStream,
  requests: AsyncIterable<unknown>,
  over: AbortSignal,
  failures: unknown[],
): Promise<void> {
  try {
    await writeMessages(call, requests, over);
    call.end();
  } catch (thrown) {
    if (over.aborted) return;
    failures.push(thrown);
    call.cancel();
  }
}

function clientError(thrown: unknown, address: string): RpcError {
  if (!isServiceError(thrown)) return new RpcError('INTERNAL', `call to ${address} failed`, { cause: thrown });
  const error = decodeError(thrown);
  if (hasDetails(thrown)) return error;
  if (error.status === 'UNAVAILABLE') {
    return new RpcError('UNAVAILABLE', `no answer from ${address}: ${error.message}`, {
      reason: 'PEER_UNREACHABLE',
      facts: { address },
      cause: thrown,
    });
  }
  if (error.status === 'RESOURCE_EXHAUSTED' && /message.* larger than/.test(error.message)) {
    return new RpcError('RESOURCE_EXHAUSTED', error.message, { reason: 'MESSAGE_TOO_LARGE', cause: thrown });
  }
  return error;
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number' && 'details' in thrown;
}
