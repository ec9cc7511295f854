import type { CallContext } from './call-context.ts';
import type { Handlers, ServiceImplementation, StreamHandler } from './handler.ts';
import type { Method, Service } from './method.ts';
import { RpcError } from './rpc-error.ts';

/** Binds a service of the contracts to its handlers. */
export function implement<S extends Service>(service: S, handlers: Handlers<S>): ServiceImplementation {
  const methods = Object.entries(service).map(([name, method]) => ({
    method,
    handle: streamHandler(method, handlers[name] as UnknownHandler),
  }));
  return { service, methods };
}

type UnknownHandler = (input: unknown, context: CallContext) => Promise<unknown> | AsyncIterable<unknown>;

function streamHandler({ requestStream, responseStream }: Method, handler: UnknownHandler): StreamHandler {
  return async function* handle(requests, context) {
    const output = handler(requestStream ? requests : await onlyMessage(requests), context);
    if (responseStream) yield* output as AsyncIterable<unknown>;
    else yield await (output as Promise<unknown>);
  };
}

/** The message of a call that has exactly one. */
async function onlyMessage(requests: AsyncIterable<unknown>): Promise<unknown> {
  const received: unknown[] = [];
  for await (const request of requests) received.push(request);
  if (received.length === 1) return received[0];
  throw new RpcError('INVALID_ARGUMENT', `expected exactly 1 request message, got ${received.length}`);
}
