import type { StreamHandler } from './handler.ts';

/**
 * Something done around every call: it wraps a handler in another. Interceptors see messages as streams, whatever the
 * kind of the method, and the call's context, which they may replace.
 */
export type Interceptor = (next: StreamHandler) => StreamHandler;

/** Puts interceptors around a handler; the first is the outermost. */
export function intercept(handler: StreamHandler, interceptors: readonly Interceptor[]): StreamHandler {
  return interceptors.reduceRight<StreamHandler>((next, interceptor) => interceptor(next), handler);
}
