import { RpcError } from './rpc-error.ts';

/** The error a call ends with when it is abandoned for this reason: the reason of an AbortSignal. */
export function abandonment(reason: unknown): RpcError {
  if (reason instanceof RpcError) return reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return timedOut
    ? new RpcError('DEADLINE_EXCEEDED', 'the deadline passed', { cause: reason })
    : new RpcError('CANCELLED', 'the call was cancelled', { cause: reason });
}

/** Waits for a promise, but no longer than until the signal is aborted; then rejects with the signal's abandonment. */
export function orAbandon<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  // A listener for each wait, not one race against a lasting promise: that would keep every result of a long stream.
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(abandonment(signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const forget = () => signal.removeEventListener('abort', stop);
    promise.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error: unknown) => {
        forget();
        reject(error);
      },
    );
  });
}

/** The same messages, until the signal is aborted; then throws its abandonment at once, whatever the source does. */
export async function* untilAbandoned<T>(messages: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await orAbandon(iterator.next(), signal);
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    // Not awaited: a source that is stuck in its current step would only return after it.
    iterator.return?.()?.then(undefined, () => undefined);
  }
}
