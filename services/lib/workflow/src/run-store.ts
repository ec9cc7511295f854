import { ConflictError, NotFoundError, PreconditionError } from '@parallax/config';
import { canonicalJson, type Database, migrate, sql } from '@parallax/store';
import { type PageRequest, parsePageRequest, renderPageToken } from './page.ts';
import { isTerminal, type Run, type RunState } from './run.ts';
import { RunChanges } from './run-changes.ts';
import { createRunId } from './run-id.ts';
import { type RunRow, renderRun, runMigrations } from './run-table.ts';

/** Which runs to list, and which page of them. */
export interface RunQuery extends PageRequest {
  /** Only runs in one of these states; all when empty or absent. */
  readonly states?: readonly RunState[];
}

/** One page of runs, the newest first. */
export interface RunPage<Spec = unknown, Result = unknown> {
  readonly runs: readonly Run<Spec, Result>[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** A watcher looks this often for changes that another process made; those of its own process it sees at once. */
const pollMs = 500;

/** Creates the tables if need be. */
export async function openRunStore<Schema>(database: Database<Schema>): Promise<RunStore> {
  await migrate(database, 'workflow', runMigrations);
  return new RunStore(database as unknown as Database<unknown>);
}

/** The runs of a database, as clients see them. What executes them is in `RunQueue`. */
export class RunStore {
  readonly changes = new RunChanges();

  constructor(readonly database: Database<unknown>) {}

  /**
   * Queues a run. With the request id of an earlier run of the kind it returns that run, whatever its state.
   * @throws ConflictError when that run has another specification; TypeError when the specification is no JSON.
   */
  async create(kind: string, spec: unknown, requestId = ''): Promise<Run> {
    const text = canonicalJson(spec);
    const { rows } = await sql<RunRow>`insert into runs (id, kind, request_id, spec)
      values (${createRunId()}, ${kind}, ${requestId || null}, ${text})
      on conflict (kind, request_id) do nothing returning *`.execute(this.database);
    if (rows[0]) {
      this.changes.announce(kind);
      return renderRun(rows[0]);
    }
    const earlier = await this.getByRequest(kind, requestId);
    if (canonicalJson(earlier.spec) === text) return earlier;
    throw new ConflictError(
      `request_id: expected one not used before, or the specification of run ${earlier.id}, got "${requestId}" with another`,
      { reason: 'REQUEST_ID_REUSED', facts: { run: earlier.id } },
    );
  }

  /** @throws NotFoundError when there is no such run of the kind. */
  async get(kind: string, id: string): Promise<Run> {
    const { rows } = await sql<RunRow>`select * from runs where kind = ${kind} and id = ${id}`.execute(this.database);
    return this.only(rows, id);
  }

  /** @throws InputError when the page size or token is malformed. */
  async list(kind: string, query: RunQuery = {}): Promise<RunPage> {
    const { pageSize, after } = parsePageRequest(query);
    const states = query.states?.length ? query.states : null;
    const { rows } = await sql<RunRow>`select * from runs where kind = ${kind}
      and (${after}::text is null or id < ${after}) and (${states}::text[] is null or state = any(${states}))
      order by id desc limit ${pageSize + 1}`.execute(this.database);
    const runs = rows.slice(0, pageSize).map((row) => renderRun(row));
    return { runs, nextPageToken: rows.length > pageSize ? renderPageToken(runs.at(-1)?.id ?? '') : '' };
  }

  /**
   * Asks for a run to be cancelled. A queued run is CANCELLED at once, a running one as soon as its work has stopped.
   * @throws NotFoundError when there is no such run of the kind; PreconditionError when it has ended.
   */
  async cancel(kind: string, id: string): Promise<Run> {
    const { rows } = await sql<RunRow>`update runs set
        cancel_requested = true,
        state = case state when 'QUEUED' then 'CANCELLED' else state end,
        end_time = case state when 'QUEUED' then now() end,
        update_time = now(), revision = revision + 1
      where kind = ${kind} and id = ${id} and state in ('QUEUED', 'RUNNING') and not cancel_requested
      returning *`.execute(this.database);
    this.changes.announce(id);
    const run = rows[0] ? renderRun(rows[0]) : await this.get(kind, id);
    if (!rows[0] && isTerminal(run.state)) {
      throw new PreconditionError(`run ${id}: expected one that has not ended, got one that has ${run.state}`, {
        reason: 'RUN_ENDED',
      });
    }
    return run;
  }

  /**
   * The run as it is now, then as it is after every change (changes in quick succession may show as one), ending with its
   * terminal state or when the signal aborts. @throws NotFoundError when there is no such run of the kind.
   */
  async *watch(kind: string, id: string, signal?: AbortSignal): AsyncGenerator<Run, void, undefined> {
    const bell = this.changes.listen(id);
    try {
      for (let seen = 0; !signal?.aborted; await bell.wait(pollMs, signal)) {
        const run = await this.get(kind, id);
        if (run.revision === seen) continue;
        yield run;
        if (isTerminal(run.state)) return;
        seen = run.revision;
      }
    } finally {
      this.changes.forget(id, bell);
    }
  }

  private async getByRequest(kind: string, requestId: string): Promise<Run> {
    const { rows } = await sql<RunRow>`select * from runs
      where kind = ${kind} and request_id = ${requestId}`.execute(this.database);
    return this.only(rows, `request ${requestId}`);
  }

  private only(rows: readonly RunRow[], name: string): Run {
    if (rows[0]) return renderRun(rows[0]);
    throw new NotFoundError(`run: expected the id of one that exists, got ${name}`, { reason: 'RUN_NOT_FOUND' });
  }
}
