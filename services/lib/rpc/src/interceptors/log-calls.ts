import { rpcErrorFrom } from '../error-from.ts';
import type { Interceptor } from '../interceptor.ts';
import type { StatusName } from '../status.ts';

/** Failures that are the server's own and need someone's attention. */
const faults: ReadonlySet<StatusName> = new Set(['INTERNAL', 'UNKNOWN', 'DATA_LOSS']);

/** Logs each call when it ends: with its cause when the fault is ours, in one line when it is the caller's. */
export const logCalls: Interceptor = (next) =>
  async function* handle(requests, context) {
    const start = performance.now();
    const durationMs = () => Math.round(performance.now() - start);
    try {
      yield* next(requests, context);
      context.logger.debug('call', { status: 'OK', durationMs: durationMs() });
    } catch (thrown) {
      const error = rpcErrorFrom(thrown);
      const fields = { status: error.status, reason: error.reason, durationMs: durationMs(), peer: context.peer };
      if (faults.has(error.status)) context.logger.error('call failed', { ...fields, error });
      else context.logger.info('call refused', { ...fields, detail: error.message });
      throw error;
    }
  };
