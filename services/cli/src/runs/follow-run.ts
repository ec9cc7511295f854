import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { type Run, RunState } from '@parallax/proto/parallax/common/v1/run';
import { cancellationOf, failureOf } from '../errors/failed-run.ts';
import { Interrupted } from '../errors/interrupted.ts';
import type { Shell } from '../shell.ts';
import { createProgressDisplay, type ProgressDisplay } from '../terminal/progress-display.ts';
import type { Advance } from '../terminal/progress-line.ts';

/** A run on a server, and how to hear of it. */
export interface FollowedRun<Resource> {
  /** What it is, for errors: `training of cl-tiny`. */
  readonly what: string;
  /** The resource at each change, until it has ended. */
  watch(signal: AbortSignal): AsyncIterable<Resource>;
  /** Asks it to stop; absent when it is only watched, and goes on when the user leaves. */
  cancel?(): Promise<unknown>;
  /** The run within the resource. */
  runOf(resource: Resource): Run | undefined;
  /** Shows what is new; default the run's progress. */
  show?(resource: Resource, display: ProgressDisplay): void;
}

/** Time a cancelled run gets to end. */
const cancellationMs = 20_000;

/**
 * Shows the progress of a run until it has succeeded, and returns it. When the user interrupts, the run is cancelled and
 * its end awaited, so that nothing goes on behind the user's back.
 *
 * @throws RpcError when it fails or somebody else cancels it; Interrupted.
 */
export async function followRun<Resource>(followed: FollowedRun<Resource>, shell: Shell): Promise<Resource> {
  const { what, watch, runOf } = followed;
  const display = createProgressDisplay(shell.terminal);
  const { signal, stop } = cancelling(followed, shell.signal);
  let latest: Resource | undefined;
  try {
    for await (const resource of watch(signal)) {
      latest = resource;
      if (followed.show) followed.show(resource, display);
      else showProgress(what, runOf(resource)?.progress, display);
    }
  } catch (thrown) {
    throw shell.signal.aborted ? new Interrupted() : thrown;
  } finally {
    stop();
    display.clear();
  }
  const run = latest && runOf(latest);
  if (latest !== undefined && run?.state === RunState.SUCCEEDED) return latest;
  if (shell.signal.aborted) throw new Interrupted();
  throw run?.state === RunState.CANCELLED ? cancellationOf(what) : failureOf(what, run?.error);
}

/** Cancels the run when the user interrupts; the signal is aborted when it has not ended some time after. */
function cancelling({ cancel }: Pick<FollowedRun<unknown>, 'cancel'>, interrupted: AbortSignal) {
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onInterrupt = () => {
    if (cancel === undefined) return patience.abort();
    timer = setTimeout(() => patience.abort(), cancellationMs);
    // A run that has ended meanwhile, or a server that is gone, shows in the watch.
    cancel().catch(() => undefined);
  };
  if (interrupted.aborted) onInterrupt();
  else interrupted.addEventListener('abort', onInterrupt, { once: true });
  const stop = () => {
    interrupted.removeEventListener('abort', onInterrupt);
    clearTimeout(timer);
  };
  return { signal: patience.signal, stop };
}

/** Shows a progress message; absent ones say nothing yet. */
export function showProgress(label: string, progress: Progress | undefined, display: ProgressDisplay): void {
  if (progress !== undefined) display.show(advanceOf(label, progress));
}

function advanceOf(label: string, progress: Progress): Advance {
  return {
    label: progress.stage ? `${label}: ${progress.stage}` : label,
    done: Number(progress.done),
    total: Number(progress.total),
    unit: progress.unit,
    rate: progress.ratePerSecond,
    remainingSeconds: progress.remainingSeconds,
  };
}
