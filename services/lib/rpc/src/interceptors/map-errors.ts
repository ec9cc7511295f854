import { rpcErrorFrom } from '../error-from.ts';
import type { Interceptor } from '../interceptor.ts';

/**
 * Turns whatever a handler throws into an RpcError. What is thrown after the call was abandoned is only an echo of
 * that: the reason of the signal counts.
 */
export const mapErrors: Interceptor = (next) =>
  async function* handle(requests, context) {
    try {
      yield* next(requests, context);
      context.signal.throwIfAborted();
    } catch (thrown) {
      throw rpcErrorFrom(context.signal.aborted ? context.signal.reason : thrown);
    }
  };
