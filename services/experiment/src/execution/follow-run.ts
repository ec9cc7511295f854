import { setTimeout as delay } from 'node:timers/promises';
import { Code } from '@parallax/proto/google/rpc/code';
import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { type Run, RunState } from '@parallax/proto/parallax/common/v1/run';
import { RpcError, statusNameOf } from '@parallax/rpc';
import { RunStoppedError } from '@parallax/workflow';

/** A run of another service: how it is watched and cancelled, and where its state stands in what is watched. */
export interface FollowedRun<Resource> {
  readonly watch: () => AsyncIterable<Resource | undefined>;
  readonly runOf: (resource: Resource) => Run | undefined;
  readonly cancel: () => Promise<unknown>;
  readonly onProgress: (progress: Progress) => void;
}

/** A service that restarts takes its runs up again: it is waited for so often … */
const mostSilences = 30;
/** … and so long each time. */
const silenceMs = 1_000;

/**
 * Waits for a run to succeed and returns it. When the experiment is cancelled, so is the run; when this service merely
 * stops, the run goes on, and is found again when the experiment is begun again.
 *
 * @throws RpcError in the words of the run's error; the reason of the signal.
 */
export async function followRun<Resource>(followed: FollowedRun<Resource>, signal: AbortSignal): Promise<Resource> {
  for (let silences = 0; silences < mostSilences; silences++) {
    const last = await lastSeen(followed).catch(async (error: unknown) => {
      // The work goes on elsewhere unless it is told to stop; that it may just have ended is no error of ours.
      if (isCancelled(signal)) await followed.cancel().catch(() => undefined);
      signal.throwIfAborted();
      if (!isSilence(error)) throw error;
      return undefined;
    });
    const run = last && followed.runOf(last);
    if (last !== undefined && run?.state === RunState.SUCCEEDED) return last;
    if (run?.state === RunState.FAILED || run?.state === RunState.CANCELLED) throw failureOf(run);
    await delay(silenceMs, undefined, { signal });
  }
  throw new RpcError('UNAVAILABLE', `the service that runs it has not answered ${mostSilences} times`);
}

/** What was seen last when the watching ended. */
async function lastSeen<Resource>({ watch, runOf, onProgress }: FollowedRun<Resource>): Promise<Resource | undefined> {
  let last: Resource | undefined;
  for await (const resource of watch()) {
    last = resource ?? last;
    const progress = resource && runOf(resource)?.progress;
    if (progress) onProgress(progress);
  }
  return last;
}

function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof RunStoppedError && reason.reason === 'cancelled';
}

function isSilence(error: unknown): boolean {
  return error instanceof RpcError && error.status === 'UNAVAILABLE';
}

function failureOf({ state, error }: Run): RpcError {
  if (state === RunState.CANCELLED) return new RpcError('ABORTED', 'the run was cancelled');
  const status = statusNameOf(error?.code ?? Code.UNKNOWN);
  const violations = (error?.fieldViolations ?? []).map(({ field, description }) => ({ field, description }));
  const message = error?.message ?? 'the run failed without saying why';
  return new RpcError(status, message, { ...(error && { reason: error.reason }), violations });
}
