import { type Migration, sql } from '@parallax/store';
import type { Run, RunError, RunProgress, RunState } from './run.ts';

/** A row as it is read. JSON columns are of type `json`, which keeps the text as written. */
export interface RunRow {
  readonly id: string;
  readonly kind: string;
  readonly request_id: string | null;
  readonly state: RunState;
  readonly spec: unknown;
  readonly progress: RunProgress | null;
  readonly result: unknown;
  readonly error: RunError | null;
  readonly cancel_requested: boolean;
  readonly attempt: number;
  readonly create_time: Date;
  readonly start_time: Date | null;
  readonly end_time: Date | null;
  readonly update_time: Date;
  readonly revision: number;
}

/** The tables of this package. All kinds of runs of all services that share a database share one. */
export const runMigrations: readonly Migration[] = [
  {
    name: '001-create-runs',
    up: async (transaction) => {
      await sql`create table runs (
        id text primary key,
        kind text not null,
        request_id text,
        state text not null default 'QUEUED'
          check (state in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
        spec json not null,
        progress json,
        result json,
        error json,
        cancel_requested boolean not null default false,
        attempt integer not null default 0,
        -- Who executes a RUNNING run, and until when it is trusted to live.
        worker text,
        lease_time timestamptz,
        create_time timestamptz not null default now(),
        start_time timestamptz,
        end_time timestamptz,
        update_time timestamptz not null default now(),
        revision integer not null default 1,
        unique (kind, request_id)
      )`.execute(transaction);
      await sql`create index runs_by_kind_and_state on runs (kind, state, id)`.execute(transaction);
    },
  },
];

/** The run that a row describes. Specification and result have the types of their kind: only its runner wrote them. */
export function renderRun<Spec = unknown, Result = unknown>(row: RunRow): Run<Spec, Result> {
  return {
    id: row.id,
    kind: row.kind,
    requestId: row.request_id ?? '',
    state: row.state,
    spec: row.spec as Spec,
    progress: row.progress ?? undefined,
    result: row.state === 'SUCCEEDED' ? (row.result as Result) : undefined,
    error: row.error ?? undefined,
    cancelRequested: row.cancel_requested,
    attempt: row.attempt,
    createTime: row.create_time,
    startTime: row.start_time ?? undefined,
    endTime: row.end_time ?? undefined,
    updateTime: row.update_time,
    revision: row.revision,
  };
}
