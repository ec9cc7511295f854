import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { createProgressMeter } from './progress-meter.ts';
import type { ProgressReport, Run, RunError, RunProgress } from './run.ts';
import type { Outcome, RunQueue } from './run-queue.ts';

/** What the work gets beside its specification. */
export interface RunContext {
  readonly runId: string;
  /** 1, or more when an earlier attempt was cut short: the work may find what that one left. */
  readonly attempt: number;
  /** Aborts when the run is cancelled, the service stops or the lease is lost. The work then throws, within one step. */
  readonly signal: AbortSignal;
  /** Reports progress. Cheap: may be called at every step. */
  readonly progress: (report: ProgressReport) => void;
  /** Names the run in every line. */
  readonly log: Logger;
}

export type Work<Spec, Result> = (spec: Spec, context: RunContext) => Promise<Result>;

/** Why the work has to stop: its run was cancelled, the service stops, or another worker took the run over. */
export type StopReason = 'cancelled' | 'stopped' | 'lost';

/** What the signal of the work aborts with. */
export class RunStoppedError extends Error {
  override readonly name = 'AbortError';

  constructor(readonly reason: StopReason) {
    super(`the run was ${reason}`);
  }
}

/** Progress is written at most this often … */
const progressMs = 200;
/** … and the lease renewed, with a look whether the run was cancelled elsewhere, at least this often. */
const renewMs = 1_000;

/** One attempt at one run. */
export class Execution<Spec, Result> {
  private readonly abort = new AbortController();
  private readonly measure = createProgressMeter();
  private progress: RunProgress | undefined;

  constructor(
    private readonly claimed: Run<Spec, Result>,
    private readonly queue: RunQueue,
    private readonly work: Work<Spec, Result>,
    private readonly describeError: (error: unknown) => RunError,
    private readonly log: Logger,
  ) {}

  /** Asks the work to stop; the first reason counts. */
  stop(reason: StopReason): void {
    this.abort.abort(new RunStoppedError(reason));
  }

  /** Does the work and records how it ended. Never throws. */
  async run(): Promise<void> {
    this.log.info('run begins');
    const ended = new AbortController();
    const keeping = this.keepLease(ended.signal);
    const outcome = await this.attempt();
    ended.abort();
    await keeping;
    try {
      await this.settle(outcome);
      this.log.info('run ends', { outcome: outcome?.state ?? 'put back' });
    } catch (error) {
      this.log.error('the end of the run could not be recorded; it will be begun again', { error });
    }
  }

  /** The outcome of the work, or undefined when it stopped through no fault of its own. */
  private async attempt(): Promise<Outcome | undefined> {
    const { id, attempt, spec } = this.claimed;
    const { signal } = this.abort;
    const progress = (report: ProgressReport) => {
      this.progress = this.measure(report);
    };
    try {
      const result = await this.work(spec, { runId: id, attempt, signal, progress, log: this.log });
      return { state: 'SUCCEEDED', result: canonicalJson(result ?? null) };
    } catch (error) {
      if (signal.aborted) return this.stopReason() === 'cancelled' ? { state: 'CANCELLED' } : undefined;
      const { status, reason, message, violations } = this.describeError(error);
      this.log.error('run failed', { error, status, message });
      return { state: 'FAILED', error: { status, reason, message, violations } };
    }
  }

  private async settle(outcome: Outcome | undefined): Promise<void> {
    if (outcome) await this.queue.finish(this.claimed, outcome, this.progress);
    else await this.queue.putBack(this.claimed);
  }

  private async keepLease(ended: AbortSignal): Promise<void> {
    let written: RunProgress | undefined;
    let renewed = performance.now();
    while (await hasPassed(progressMs, ended)) {
      const news = this.progress === written ? undefined : this.progress;
      if (!news && performance.now() - renewed < renewMs) continue;
      try {
        const run = await this.queue.renew(this.claimed, news);
        if (!run) this.stop('lost');
        else if (run.cancelRequested) this.stop('cancelled');
      } catch (error) {
        this.log.error('progress could not be written', { error });
      }
      written = news ?? written;
      renewed = performance.now();
    }
  }

  private stopReason(): StopReason | undefined {
    const reason: unknown = this.abort.signal.reason;
    return reason instanceof RunStoppedError ? reason.reason : undefined;
  }
}

/** Waits; false as soon as the signal aborts. */
async function hasPassed(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
