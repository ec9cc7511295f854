import type { CallContext } from './call-context.ts';
import type { InputOf, Method, OutputOf, Service } from './method.ts';

/**
 * Implementation of one method. One message in: the request itself; a stream in: an async iterable. One message out: a
 * promise; a stream out: an async iterable, asked for the next message only when the caller has taken the one before.
 */
export type HandlerOf<M> = (input: InputOf<M>, context: CallContext) => OutputOf<M>;

/** Implementation of a method named by service and method: `Handler<EncoderServiceService, 'embed'>`. */
export type Handler<S extends Service, Name extends keyof S> = HandlerOf<S[Name]>;

/** Implementations of all methods of a service; a missing one does not compile. */
export type Handlers<S extends Service> = { readonly [Name in keyof S]: HandlerOf<S[Name]> };

/**
 * A method as the server runs it, whatever its kind: messages in, messages out. A single message is a stream of one, so
 * that everything around handlers is written once.
 */
export type StreamHandler = (requests: AsyncIterable<unknown>, context: CallContext) => AsyncIterable<unknown>;

/** A service with its handlers, ready to be served. */
export interface ServiceImplementation {
  readonly service: Service;
  readonly methods: readonly { readonly method: Method; readonly handle: StreamHandler }[];
}
