import type { Interceptor } from '../interceptor.ts';
import { RpcError } from '../rpc-error.ts';

/** Refuses calls beyond a number in progress, so that a flood is turned away instead of filling the memory. */
export function limitConcurrency(maxCalls: number): Interceptor {
  let calls = 0;
  return (next) =>
    async function* handle(requests, context) {
      if (calls >= maxCalls) {
        throw new RpcError('RESOURCE_EXHAUSTED', `expected at most ${maxCalls} calls at a time`, {
          reason: 'OVERLOADED',
        });
      }
      calls += 1;
      try {
        yield* next(requests, context);
      } finally {
        calls -= 1;
      }
    };
}
