import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CallContext } from './call-context.ts';
import { RpcError } from './rpc-error.ts';
import { message, startEcho } from './testing/echo-service.ts';

/** A handler that works until its signal is aborted, and what it saw. */
function worker() {
  const seen: { startedAt: number; abortedAt: number; reason?: unknown } = { startedAt: 0, abortedAt: 0 };
  const work = async (_: unknown, { signal }: CallContext): Promise<never> => {
    seen.startedAt = performance.now();
    await once(signal, 'abort');
    seen.abortedAt = performance.now();
    seen.reason = signal.reason;
    throw signal.reason;
  };
  const aborted = async () => {
    while (seen.abortedAt === 0) await delay(1);
    return seen;
  };
  return { work, aborted };
}

describe('cancellation', () => {
  it('reaches the handler at once', async () => {
    const { work, aborted } = worker();
    await using echo = await startEcho({ get: work });
    const controller = new AbortController();
    const call = echo.client.get(message(), { signal: controller.signal });
    const outcome = call.catch((error: unknown) => error);
    await delay(100);
    const cancelledAt = performance.now();
    controller.abort();
    expect(await outcome).toMatchObject({ name: 'RpcError', status: 'CANCELLED' });
    const seen = await aborted();
    // Milliseconds when nothing else runs; a busy machine may take longer, but never until the work is done.
    expect(seen.abortedAt - cancelledAt).toBeLessThan(2_000);
    expect(seen.reason).toMatchObject({ status: 'CANCELLED' });
  });

  it('reaches a streaming handler when the caller stops listening', async () => {
    let ended = false;
    await using echo = await startEcho({
      async *repeat(request, { signal }) {
        try {
          for (;;) {
            yield request;
            await delay(5, undefined, { signal });
          }
        } finally {
          ended = true;
        }
      },
    });
    for await (const _ of echo.client.repeat(message())) break;
    for (let waited = 0; !ended && waited < 100; waited += 1) await delay(5);
    expect(ended).toBe(true);
  });

  it('needs no call when the signal is aborted already', async () => {
    await using echo = await startEcho({});
    const call = echo.client.get(message(), { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ status: 'CANCELLED' });
  });
});

describe('deadlines', () => {
  it('end the call on both sides', async () => {
    const { work, aborted } = worker();
    await using echo = await startEcho({ get: work });
    const start = performance.now();
    await expect(echo.client.get(message(), { deadlineMs: 150 })).rejects.toMatchObject({
      status: 'DEADLINE_EXCEEDED',
    });
    expect(performance.now() - start).toBeLessThan(400);
    const seen = await aborted();
    expect(seen.abortedAt - seen.startedAt).toBeLessThan(300);
  });

  it('pass through a service to the services behind it', async () => {
    const { work, aborted } = worker();
    await using back = await startEcho({ get: work });
    await using front = await startEcho({ get: (request, context) => back.client.get(request, context) });
    await expect(front.client.get(message(), { deadlineMs: 150 })).rejects.toMatchObject({
      status: 'DEADLINE_EXCEEDED',
    });
    expect((await aborted()).reason).toBeInstanceOf(RpcError);
  });

  it('hold against handlers that ignore them', async () => {
    await using echo = await startEcho({ get: () => new Promise<never>(() => undefined) });
    await expect(echo.client.get(message(), { deadlineMs: 100 })).rejects.toMatchObject({
      status: 'DEADLINE_EXCEEDED',
    });
  });
});
