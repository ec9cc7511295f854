import type { Logger } from '@parallax/telemetry';
import type { Doorbell } from './doorbell.ts';
import { Execution, type Work } from './execution.ts';
import type { Run, RunError } from './run.ts';
import { RunQueue } from './run-queue.ts';
import type { RunPage, RunQuery, RunStore } from './run-store.ts';

export interface RunnerOptions<Spec, Result> {
  readonly store: RunStore;
  /** What is run and by which deployment, such as `encoder-cl.training`: replicas share a kind, deployments do not. */
  readonly kind: string;
  /** The work. It may be begun again after a crash, so it must be idempotent. `Spec` and `Result` are plain JSON. */
  readonly execute: Work<Spec, Result>;
  /** How many runs of the kind this process executes at a time. Default 1. */
  readonly concurrency?: number;
  /** What clients are told of a failure; `rpcErrorFrom` is made for it. */
  readonly describeError: (error: unknown) => RunError;
  readonly log: Logger;
}

/** Runs of one kind: what a service offers as Create/Get/List/Cancel/Watch, and their execution in this process. */
export interface Runner<Spec, Result> extends AsyncDisposable {
  /** As {@link RunStore.create}. */
  create(spec: Spec, requestId?: string): Promise<Run<Spec, Result>>;
  /** As {@link RunStore.get}. */
  get(id: string): Promise<Run<Spec, Result>>;
  /** As {@link RunStore.list}. */
  list(query?: RunQuery): Promise<RunPage<Spec, Result>>;
  /** As {@link RunStore.cancel}. */
  cancel(id: string): Promise<Run<Spec, Result>>;
  /** As {@link RunStore.watch}. */
  watch(id: string, signal?: AbortSignal): AsyncGenerator<Run<Spec, Result>, void, undefined>;
  /** Begins no more runs, stops those under way and puts them back into the queue, where the next start finds them. */
  stop(): Promise<void>;
}

/** Runs that another process queued, or that a dead one left, are found within this time. */
const pollMs = 1_000;

/** Begins to execute the runs of a kind: those that wait, those that a dead process left RUNNING, those created from now on. */
export function createRunner<Spec, Result>(options: RunnerOptions<Spec, Result>): Runner<Spec, Result> {
  return new QueueRunner(options);
}

class QueueRunner<Spec, Result> implements Runner<Spec, Result> {
  private readonly store: RunStore;
  private readonly kind: string;
  private readonly queue: RunQueue;
  private readonly queued: Doorbell;
  private readonly executions = new Map<string, { execution: Execution<Spec, Result>; end: Promise<void> }>();
  private readonly stopping = new AbortController();
  private readonly loop: Promise<void>;

  constructor(private readonly options: RunnerOptions<Spec, Result>) {
    this.store = options.store;
    this.kind = options.kind;
    this.queue = new RunQueue(options.store, options.kind);
    this.queued = this.store.changes.listen(this.kind);
    this.loop = this.work();
  }

  async create(spec: Spec, requestId?: string): Promise<Run<Spec, Result>> {
    return (await this.store.create(this.kind, spec, requestId)) as Run<Spec, Result>;
  }

  async get(id: string): Promise<Run<Spec, Result>> {
    return (await this.store.get(this.kind, id)) as Run<Spec, Result>;
  }

  async list(query?: RunQuery): Promise<RunPage<Spec, Result>> {
    return (await this.store.list(this.kind, query)) as RunPage<Spec, Result>;
  }

  async cancel(id: string): Promise<Run<Spec, Result>> {
    const run = (await this.store.cancel(this.kind, id)) as Run<Spec, Result>;
    this.executions.get(id)?.execution.stop('cancelled');
    return run;
  }

  watch(id: string, signal?: AbortSignal): AsyncGenerator<Run<Spec, Result>, void, undefined> {
    return this.store.watch(this.kind, id, signal) as AsyncGenerator<Run<Spec, Result>, void, undefined>;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    for (const { execution } of this.executions.values()) execution.stop('stopped');
    await Promise.all(Array.from(this.executions.values(), ({ end }) => end));
    this.store.changes.forget(this.kind, this.queued);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async work(): Promise<void> {
    const { concurrency = 1 } = this.options;
    await this.tolerating(() => this.queue.releaseDead());
    while (!this.stopping.signal.aborted) {
      const isFree = this.executions.size < concurrency;
      const run = isFree ? await this.tolerating(() => this.queue.claim()) : undefined;
      if (run) this.begin(run as Run<Spec, Result>);
      else await this.queued.wait(pollMs, this.stopping.signal);
    }
  }

  private begin(run: Run<Spec, Result>): void {
    const { execute, log, describeError } = this.options;
    const { id, kind, attempt } = run;
    const runLog = log.child({ run: id, kind, attempt });
    const execution = new Execution(run, this.queue, execute, describeError, runLog);
    const end = execution.run().finally(() => {
      this.executions.delete(run.id);
      this.queued.ring();
    });
    this.executions.set(run.id, { execution, end });
  }

  /** A database that is away for a while must not end the loop. */
  private async tolerating<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.options.log.error('the queue of runs cannot be read', { error, kind: this.kind });
      return undefined;
    }
  }
}
