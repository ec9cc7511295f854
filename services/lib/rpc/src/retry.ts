import { setTimeout as delay } from 'node:timers/promises';
import { abandonment } from './abandon.ts';
import { firstRetryDelayMs, maxAttempts } from './limits.ts';
import { RpcError } from './rpc-error.ts';

/**
 * Whether a call may be made again when its outcome is unknown: reading always, changing something only under a request
 * id, by which the server recognises the repetition.
 */
export function isRepeatable(method: string, request: unknown): boolean {
  const changes = /^(Create|Record|Register|Unregister|Cancel)/.test(method);
  return !changes || hasRequestId(request);
}

/**
 * Makes a call, and again while the server cannot be reached, with growing pauses of random length, so that many
 * clients of a restarted server do not come back all at once.
 */
export async function withRetries<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      if (made === maxAttempts || !(thrown instanceof RpcError) || thrown.status !== 'UNAVAILABLE') throw thrown;
      const pauseMs = firstRetryDelayMs * 2 ** (made - 1) * (0.5 + Math.random());
      await pause(pauseMs, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal && { signal });
  } catch (thrown) {
    throw abandonment(signal?.reason ?? thrown);
  }
}

function hasRequestId(request: unknown): boolean {
  return typeof request === 'object' && request !== null && 'requestId' in request && request.requestId !== '';
}
