import { RpcError } from '../rpc-error.ts';

/** The error of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<RpcError> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof RpcError) return outcome;
  throw new Error(`expected an RpcError, got ${String(outcome)}`);
}

/** All messages of a stream. */
export async function collect<T>(messages: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const message of messages) collected.push(message);
  return collected;
}
