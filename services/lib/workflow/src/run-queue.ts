import { randomUUID } from 'node:crypto';
import { canonicalJson, livenessOf, type ProcessIdentity, type RawBuilder, sql, thisProcess } from '@parallax/store';
import type { Run, RunError, RunProgress } from './run.ts';
import type { RunStore } from './run-store.ts';
import { type RunRow, renderRun } from './run-table.ts';

/** How a run ended. The result is JSON text. */
export type Outcome =
  | { readonly state: 'SUCCEEDED'; readonly result: string }
  | { readonly state: 'FAILED'; readonly error: RunError }
  | { readonly state: 'CANCELLED' };

/** A worker that has not renewed its lease for this long is taken for dead, and its run for anybody's. */
const leaseSeconds = 20;
/** A run that was begun this often and never ended probably kills its process: it is not begun again. */
const mostAttempts = 3;

/**
 * The executing side of the runs of one kind. Any number of workers in any number of processes may share a queue: each run
 * is held by one worker at a time under a lease, and what a worker writes after it lost the lease is refused. This is the
 * seam behind which another durable executor can stand.
 */
export class RunQueue {
  readonly worker: ProcessIdentity = `${thisProcess()}~${randomUUID()}`;

  constructor(
    private readonly store: RunStore,
    private readonly kind: string,
  ) {}

  /** Ends the leases of processes of this machine that are dead, so that their runs need not wait for them to expire. */
  async releaseDead(): Promise<void> {
    const { rows } = await sql<{ worker: string }>`select distinct worker from runs
      where kind = ${this.kind} and state = 'RUNNING'`.execute(this.store.database);
    const dead = rows.map(({ worker }) => worker).filter((worker) => livenessOf(worker) === 'dead');
    await sql`update runs set lease_time = '-infinity'
      where kind = ${this.kind} and state = 'RUNNING' and worker = any(${dead}::text[])`.execute(this.store.database);
  }

  /** Takes the oldest run that waits, or whose worker died, and makes it RUNNING here. */
  async claim(): Promise<Run | undefined> {
    await this.bury();
    const { rows } = await sql<RunRow>`update runs set
        state = 'RUNNING', worker = ${this.worker}, lease_time = now() + ${leaseSeconds} * interval '1 second',
        attempt = attempt + 1, progress = null, start_time = coalesce(start_time, now()),
        update_time = now(), revision = revision + 1
      where id = (
        select id from runs where kind = ${this.kind}
          and (state = 'QUEUED' or (state = 'RUNNING' and lease_time < now()))
        order by id limit 1 for update skip locked)
      returning *`.execute(this.store.database);
    return rows[0] && this.announce(rows[0]);
  }

  /** Keeps the lease, and writes progress if given. Returns the run, or undefined when another worker has it by now. */
  async renew(run: Run, progress?: RunProgress): Promise<Run | undefined> {
    const text = progress ? canonicalJson(progress) : null;
    const { rows } = await sql<RunRow>`update runs set
        lease_time = now() + ${leaseSeconds} * interval '1 second',
        progress = coalesce(${text}::json, progress),
        update_time = case when ${text}::json is null then update_time else now() end,
        revision = revision + case when ${text}::json is null then 0 else 1 end
      where ${this.isHeld(run)} returning *`.execute(this.store.database);
    return rows[0] && this.announce(rows[0]);
  }

  async finish(run: Run, outcome: Outcome, progress?: RunProgress): Promise<void> {
    const result = outcome.state === 'SUCCEEDED' ? outcome.result : null;
    const error = outcome.state === 'FAILED' ? canonicalJson(outcome.error) : null;
    const { rows } = await sql<RunRow>`update runs set
        state = ${outcome.state}, result = ${result}, error = ${error}, worker = null, lease_time = null,
        progress = coalesce(${progress ? canonicalJson(progress) : null}::json, progress),
        end_time = now(), update_time = now(), revision = revision + 1
      where ${this.isHeld(run)} returning *`.execute(this.store.database);
    if (rows[0]) this.announce(rows[0]);
  }

  /** Puts a run back that was stopped through no fault of its own; the attempt does not count. Ends it if it was cancelled meanwhile. */
  async putBack(run: Run): Promise<void> {
    const { rows } = await sql<RunRow>`update runs set
        state = case when cancel_requested then 'CANCELLED' else 'QUEUED' end,
        end_time = case when cancel_requested then now() end, attempt = attempt - 1, worker = null, lease_time = null, progress = null,
        update_time = now(), revision = revision + 1
      where ${this.isHeld(run)} returning *`.execute(this.store.database);
    if (rows[0]) this.announce(rows[0]);
  }

  /** Ends the runs of dead workers that are not to be begun again: cancelled meanwhile, or begun too often. */
  private async bury(): Promise<void> {
    const error: RunError = {
      status: 'ABORTED',
      reason: 'RUN_ABANDONED',
      message: `the process that executed the run died in each of ${mostAttempts} attempts`,
      violations: [],
    };
    const { rows } = await sql<RunRow>`update runs set
        state = case when cancel_requested then 'CANCELLED' else 'FAILED' end,
        error = case when cancel_requested then null else ${canonicalJson(error)}::json end,
        worker = null, lease_time = null, end_time = now(), update_time = now(), revision = revision + 1
      where kind = ${this.kind} and state = 'RUNNING' and lease_time < now()
        and (cancel_requested or attempt >= ${mostAttempts})
      returning *`.execute(this.store.database);
    for (const row of rows) this.announce(row);
  }

  private isHeld(run: Run): RawBuilder<unknown> {
    return sql`id = ${run.id} and state = 'RUNNING' and worker = ${this.worker} and attempt = ${run.attempt}`;
  }

  private announce(row: RunRow): Run {
    this.store.changes.announce(row.id);
    return renderRun(row);
  }
}
