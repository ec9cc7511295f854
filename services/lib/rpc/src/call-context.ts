import type { Logger } from '@parallax/telemetry';
import type { MethodName } from './method.ts';

/** What a handler knows of its call besides the request. It can be passed on as the options of a further call. */
export interface CallContext {
  /**
   * Aborted when the caller cancels or disconnects, when the deadline passes, or when the server stops; its reason is
   * the RpcError the call ends with. Pass it on to whatever takes a signal.
   */
  readonly signal: AbortSignal;
  /** When the caller stops waiting; absent when it waits for ever. */
  readonly deadline: Date | undefined;
  /** Headers of the call, names in lower case; binary ones (`…-bin`) are left out. */
  readonly metadata: ReadonlyMap<string, string>;
  /** A logger that names the RPC in every line. */
  readonly logger: Logger;
  /** Address of the caller. */
  readonly peer: string;
  /** The RPC. */
  readonly rpc: MethodName;
}
