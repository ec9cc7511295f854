import type { Server } from '@grpc/grpc-js';
import { unavailable } from './errors.ts';
import type { ActiveCall } from './serve-call.ts';

/** Time abandoned calls get to tell their callers so. */
const lastWordsMs = 500;

/**
 * Stops a server: no new calls, endless ones end at once, others get `drainMs` to finish and are then abandoned.
 * Resolves when the port is free.
 */
export async function shutDown(server: Server, calls: ReadonlySet<ActiveCall>, drainMs: number): Promise<void> {
  const stopping = unavailable('the server is stopping', { reason: 'STOPPING' });
  const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  for (const call of calls) if (isEndless(call)) call.abandon(stopping);
  if (await settlesWithin(drained, drainMs)) return;
  for (const call of calls) call.abandon(stopping);
  if (await settlesWithin(drained, lastWordsMs)) return;
  server.forceShutdown();
}

/** Calls that by contract go on until their caller has enough: they are not waited for. */
function isEndless({ rpc }: ActiveCall): boolean {
  return rpc.method.startsWith('Watch') || rpc.method === 'ServerReflectionInfo';
}

async function settlesWithin(promise: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([promise.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}
