import { Code } from '@parallax/proto/google/rpc/code';
import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { type Run, RunState } from '@parallax/proto/parallax/common/v1/run';
import { RpcError, statusNameOf } from '@parallax/rpc';

/** A run of another service: how it is watched and cancelled, and where its state stands in what is watched. */
export interface FollowedRun<Resource> {
  /** What the run does, for errors, for example `train cl-tiny`. */
  readonly what: string;
  readonly watch: () => AsyncIterable<Resource | undefined>;
  readonly runOf: (resource: Resource) => Run | undefined;
  readonly cancel: () => Promise<unknown>;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Waits for a run to succeed and returns it.
 * @throws RpcError with the status of the run's error, naming what failed; the signal's reason after cancelling the run.
 */
export async function followRun<Resource>(followed: FollowedRun<Resource>, signal: AbortSignal): Promise<Resource> {
  let last: Resource | undefined;
  try {
    for await (const resource of followed.watch()) {
      last = resource ?? last;
      const progress = resource && followed.runOf(resource)?.progress;
      if (progress) followed.onProgress(progress);
    }
  } catch (error) {
    // The work goes on elsewhere unless it is told to stop; that it may just have ended is no error of ours.
    if (signal.aborted) await followed.cancel().catch(() => undefined);
    signal.throwIfAborted();
    throw error;
  }
  const run = last && followed.runOf(last);
  if (last !== undefined && run?.state === RunState.SUCCEEDED) return last;
  throw failure(followed.what, run);
}

function failure(what: string, run: Run | undefined): RpcError {
  if (run?.state === RunState.CANCELLED) return new RpcError('ABORTED', `${what}: the run was cancelled`);
  const error = run?.error;
  const status = statusNameOf(error?.code ?? Code.UNKNOWN);
  const violations = (error?.fieldViolations ?? []).map(({ field, description }) => ({ field, description }));
  const message = `${what}: ${error?.message ?? 'the run ended without a result'}`;
  return new RpcError(status, message, { ...(error && { reason: error.reason }), violations });
}
