import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js';
import type { Logger } from '@parallax/telemetry';
import type { CallContext } from './call-context.ts';
import { encodeError } from './error-details.ts';
import { rpcErrorFrom } from './error-from.ts';
import { cancelled, deadlineExceeded } from './errors.ts';
import type { StreamHandler } from './handler.ts';
import type { MethodName } from './method.ts';
import type { RpcError } from './rpc-error.ts';
import { readMessages, writeMessages } from './streams.ts';

/** A call as the transport hands it over. Every call is served as a two-way stream: on the wire they all are. */
export type ServerCall = ServerDuplexStream<unknown, unknown>;

/** A call in progress. */
export interface ActiveCall {
  readonly rpc: MethodName;
  /** Ends the call with this error. */
  abandon(reason: RpcError): void;
  /** Settles when the call has ended; never rejects. */
  readonly done: Promise<void>;
}

/** Runs a handler for one call and sends what it gives, or the error it throws. */
export function serveCall(call: ServerCall, rpc: MethodName, handler: StreamHandler, logger: Logger): ActiveCall {
  const controller = new AbortController();
  const abandon = (reason: RpcError) => controller.abort(reason);
  const context = contextOf(call, rpc, controller.signal, logger);
  const onCancelled = () => abandon(cancelled('the caller cancelled the call'));
  call.once('cancelled', onCancelled);
  const stopTimer = atDeadline(context.deadline, () => abandon(deadlineExceeded('the deadline passed')));
  const done = respond(call, handler, context).finally(() => {
    stopTimer();
    call.off('cancelled', onCancelled);
  });
  return { rpc, abandon, done };
}

async function respond(call: ServerCall, handler: StreamHandler, context: CallContext): Promise<void> {
  const { signal } = context;
  try {
    await writeMessages(call, handler(readMessages(call, signal), context), signal);
    call.end();
  } catch (thrown) {
    call.emit('error', encodeError(rpcErrorFrom(thrown)));
  }
}

function contextOf(call: ServerCall, rpc: MethodName, signal: AbortSignal, logger: Logger): CallContext {
  const deadline = new Date(call.getDeadline());
  return {
    signal,
    deadline: Number.isFinite(deadline.getTime()) ? deadline : undefined,
    metadata: textHeaders(call.metadata),
    logger: logger.child({ rpc: rpc.full }),
    peer: call.getPeer(),
    rpc,
  };
}

function textHeaders(metadata: Metadata): ReadonlyMap<string, string> {
  const entries = Object.entries(metadata.getMap());
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Does something at a time, unless stopped before. Longer waits than a timer can do are not waited for at all. */
function atDeadline(deadline: Date | undefined, act: () => void): () => void {
  const longestTimerMs = 2 ** 31 - 1;
  const waitMs = deadline === undefined ? Number.POSITIVE_INFINITY : deadline.getTime() - Date.now();
  if (waitMs > longestTimerMs) return () => undefined;
  const timer = setTimeout(act, Math.max(0, waitMs));
  return () => clearTimeout(timer);
}
