import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '@parallax/config';
import {
  type Database,
  type EmbeddedDatabase,
  openDatabase,
  sql,
  startEmbeddedDatabase,
  thisProcess,
} from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunContext, Work } from './execution.ts';
import type { Run, RunError } from './run.ts';
import { openRunStore, type RunStore } from './run-store.ts';
import { createRunner, type Runner } from './runner.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: EmbeddedDatabase;
let database: Database<unknown>;
let store: RunStore;
let otherProcess: { database: Database<unknown>; store: RunStore };

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startEmbeddedDatabase(folder.path);
  database = await openDatabase(server.url);
  store = await openRunStore(database);
  // A second store has connections and notifications of its own, as another process would.
  const otherDatabase = await openDatabase<unknown>(server.url);
  otherProcess = { database: otherDatabase, store: await openRunStore(otherDatabase) };
});
afterAll(async () => {
  await otherProcess?.database.destroy();
  await database?.destroy();
  await server?.close();
  await folder?.[Symbol.asyncDispose]();
});

interface Spec {
  readonly steps: number;
}

let kinds = 0;
const freshKind = () => `test.${kinds++}`;

function describeError(error: unknown): RunError {
  const isInput = error instanceof InputError;
  const violations = isInput ? error.violations.map(({ field, expected }) => ({ field, description: expected })) : [];
  const status = isInput ? 'INVALID_ARGUMENT' : 'INTERNAL';
  return { status, reason: status, message: isInput ? error.message : 'see the log', violations };
}

function runnerOf<Result>(execute: Work<Spec, Result>, options: { kind?: string; store?: RunStore } = {}) {
  const kind = options.kind ?? freshKind();
  return createRunner<Spec, Result>({ store: options.store ?? store, kind, execute, describeError, log: silentLogger });
}

/** Counts slowly and stops within one step. */
const countSlowly = async ({ steps }: Spec, { signal, progress }: RunContext) => {
  for (let done = 0; done < steps; done++) {
    signal.throwIfAborted();
    progress({ stage: 'counting', done, total: steps, unit: 'steps' });
    await sleep(20);
  }
  return { counted: steps };
};

async function ended<S, R>(runner: Runner<S, R>, id: string): Promise<Run<S, R>> {
  return (await history(runner, id)).at(-1) as Run<S, R>;
}

async function history<S, R>(runner: Runner<S, R>, id: string): Promise<Run<S, R>[]> {
  const runs: Run<S, R>[] = [];
  for await (const run of runner.watch(id)) runs.push(run);
  return runs;
}

async function untilRunning<S, R>(runner: Runner<S, R>, id: string): Promise<void> {
  for await (const run of runner.watch(id)) if (run.state === 'RUNNING') return;
}

describe('a run', () => {
  it('is queued, runs with progress, and ends with its result', async () => {
    await using runner = runnerOf(countSlowly);
    const created = await runner.create({ steps: 40 });
    expect(created).toMatchObject({ state: 'QUEUED', spec: { steps: 40 }, attempt: 0, requestId: '' });
    const runs = await history(runner, created.id);
    const last = runs.at(-1);
    expect(last).toMatchObject({ state: 'SUCCEEDED', result: { counted: 40 }, error: undefined, attempt: 1 });
    expect(last?.progress).toMatchObject({ stage: 'counting', done: 39, total: 40, unit: 'steps' });
    expect(last?.progress?.rate).toBeGreaterThan(10);
    expect(last?.startTime?.getTime()).toBeLessThanOrEqual(last?.endTime?.getTime() ?? 0);
    // 40 reports in at least 0.8 s, written at most every 0.2 s.
    const written = runs.filter(({ state, progress }) => state === 'RUNNING' && progress);
    expect(written.length).toBeGreaterThanOrEqual(2);
    expect(written.length).toBeLessThanOrEqual(12);
    expect(runs.map(({ revision }) => revision)).toEqual(runs.map(({ revision }) => revision).sort((a, b) => a - b));
  });

  it('is created once for one request id, and conflicts with another specification', async () => {
    await using runner = runnerOf(countSlowly);
    const [first, again] = await Promise.all([runner.create({ steps: 1 }, 'r1'), runner.create({ steps: 1 }, 'r1')]);
    expect(again.id).toBe(first.id);
    await ended(runner, first.id);
    expect(await runner.create({ steps: 1 }, 'r1')).toMatchObject({ id: first.id, state: 'SUCCEEDED' });
    await expect(runner.create({ steps: 2 }, 'r1')).rejects.toThrow(
      `request_id: expected one not used before, or the specification of run ${first.id}, got "r1" with another`,
    );
    expect((await runner.create({ steps: 1 })).id).not.toBe((await runner.create({ steps: 1 })).id);
  });

  it('fails with what was wrong when that may be told, and without when not', async () => {
    await using refused = runnerOf(async () => {
      throw new InputError([{ field: 'steps', expected: 'at least 1', got: '0' }]);
    });
    expect(await ended(refused, (await refused.create({ steps: 0 })).id)).toMatchObject({
      state: 'FAILED',
      error: {
        status: 'INVALID_ARGUMENT',
        message: 'steps: expected at least 1, got 0',
        violations: [{ field: 'steps', description: 'at least 1' }],
      },
    });
    await using broken = runnerOf(async () => {
      throw new Error('password=1234');
    });
    const failed = await ended(broken, (await broken.create({ steps: 0 })).id);
    expect(failed.error?.status).toBe('INTERNAL');
    expect(failed.error?.message).not.toContain('1234');
    await using unwritable = runnerOf(async () => ({ loss: Number.NaN }));
    expect(await ended(unwritable, (await unwritable.create({ steps: 0 })).id)).toMatchObject({ state: 'FAILED' });
  });

  it('is refused when its specification is no JSON', async () => {
    await using runner = runnerOf(countSlowly);
    await expect(runner.create({ steps: Number.NaN })).rejects.toThrow(
      '$.steps: expected a JSON value, got number NaN',
    );
  });
});

describe('cancelling', () => {
  it('ends a queued run at once', async () => {
    const kind = freshKind();
    const { id } = await store.create(kind, {});
    expect(await store.cancel(kind, id)).toMatchObject({ state: 'CANCELLED', attempt: 0 });
    expect((await store.get(kind, id)).endTime).toBeInstanceOf(Date);
  });

  it('ends a running run once its work has stopped', async () => {
    let stopped = false;
    await using runner = runnerOf(async (spec, context) => {
      try {
        await countSlowly(spec, context);
      } finally {
        await sleep(100);
        stopped = true;
      }
    });
    const { id } = await runner.create({ steps: 1e6 });
    await untilRunning(runner, id);
    expect(await runner.cancel(id)).toMatchObject({ state: 'RUNNING', cancelRequested: true });
    expect(stopped).toBe(false);
    expect(await ended(runner, id)).toMatchObject({ state: 'CANCELLED', error: undefined });
    expect(stopped).toBe(true);
    await expect(runner.cancel(id)).rejects.toThrow(
      `run ${id}: expected one that has not ended, got one that has CANCELLED`,
    );
  });

  it('reaches a run that another process executes', async () => {
    await using runner = runnerOf(countSlowly);
    const { id, kind } = await runner.create({ steps: 1e6 });
    await untilRunning(runner, id);
    await otherProcess.store.cancel(kind, id);
    expect(await ended(runner, id)).toMatchObject({ state: 'CANCELLED' });
  });
});

describe('watching', () => {
  it('sees what another process does', async () => {
    await using runner = runnerOf(countSlowly);
    const { id, kind } = await runner.create({ steps: 60 });
    const states: string[] = [];
    for await (const run of otherProcess.store.watch(kind, id)) states.push(run.state);
    expect(states.at(-1)).toBe('SUCCEEDED');
    expect(states).toContain('RUNNING');
  });

  it('ends when its signal aborts', async () => {
    const kind = freshKind();
    const { id } = await store.create(kind, {});
    const abort = new AbortController();
    let seen = 0;
    for await (const _ of store.watch(kind, id, abort.signal)) {
      seen++;
      setTimeout(() => abort.abort(), 20);
    }
    expect(seen).toBe(1);
  });

  it('and getting and cancelling say when there is no such run', async () => {
    const message = 'run: expected the id of one that exists, got nothing';
    await expect(store.get('test', 'nothing')).rejects.toThrow(message);
    await expect(store.cancel('test', 'nothing')).rejects.toThrow(message);
    await expect(store.watch('test', 'nothing').next()).rejects.toThrow(message);
  });
});

describe('listing', () => {
  it('gives pages, the newest first, filtered by state', async () => {
    const kind = freshKind();
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift((await store.create(kind, { index })).id);
    await store.cancel(kind, ids[0] ?? '');
    const first = await store.list(kind, { pageSize: 2 });
    const second = await store.list(kind, { pageSize: 3, pageToken: first.nextPageToken });
    expect([...first.runs, ...second.runs].map(({ id }) => id)).toEqual(ids);
    expect(second.nextPageToken).toBe('');
    const cancelled = await store.list(kind, { states: ['CANCELLED', 'FAILED'] });
    expect(cancelled.runs.map(({ id }) => id)).toEqual(ids.slice(0, 1));
  });
});

describe('a runner', () => {
  it('puts its runs back when it stops, and the next one takes them up', async () => {
    const kind = freshKind();
    const first = runnerOf(countSlowly, { kind });
    const { id } = await first.create({ steps: 50 });
    await untilRunning(first, id);
    await first.stop();
    expect(await store.get(kind, id)).toMatchObject({ state: 'QUEUED', attempt: 0 });
    await using next = runnerOf(countSlowly, { kind, store: otherProcess.store });
    expect(await ended(next, id)).toMatchObject({ state: 'SUCCEEDED', attempt: 1 });
  });

  it('executes each run once, whoever shares the queue', async () => {
    const kind = freshKind();
    const executed: string[] = [];
    const note = async (_: Spec, { runId }: RunContext) => {
      executed.push(runId);
      await sleep(5);
    };
    const ids = await Promise.all(Array.from({ length: 12 }, async () => (await store.create(kind, { steps: 0 })).id));
    await using one = runnerOf(note, { kind });
    await using other = runnerOf(note, { kind, store: otherProcess.store });
    await Promise.all(ids.map((id, index) => ended(index % 2 ? one : other, id)));
    expect(executed.sort()).toEqual(ids.sort());
  });

  it('takes up at its start what a dead process of this machine left', async () => {
    const kind = freshKind();
    const { id } = await store.create(kind, { steps: 1 });
    await pretendDead(id, 1);
    await using runner = runnerOf(countSlowly, { kind });
    expect(await ended(runner, id)).toMatchObject({ state: 'SUCCEEDED', attempt: 2 });
  });

  it('does not begin again a run that keeps killing its process, or was cancelled meanwhile', async () => {
    const kind = freshKind();
    const deadly = await store.create(kind, { steps: 1 });
    const cancelled = await store.create(kind, { steps: 1 });
    await pretendDead(deadly.id, 3);
    await pretendDead(cancelled.id, 1);
    await store.cancel(kind, cancelled.id);
    await using runner = runnerOf(countSlowly, { kind });
    expect(await ended(runner, deadly.id)).toMatchObject({ state: 'FAILED', error: { reason: 'RUN_ABANDONED' } });
    expect(await ended(runner, cancelled.id)).toMatchObject({ state: 'CANCELLED', attempt: 1 });
  });

  it('stops when another worker has taken its run over, and leaves that one alone', async () => {
    let reason: unknown;
    await using runner = runnerOf(async (spec, context) => {
      await countSlowly(spec, context).catch(() => undefined);
      reason = context.signal.reason;
    });
    const { id } = await runner.create({ steps: 1e6 });
    await untilRunning(runner, id);
    await sql`update runs set worker = 'somebody else', attempt = 2 where id = ${id}`.execute(database);
    while (reason === undefined) await sleep(20);
    expect(reason).toMatchObject({ reason: 'lost' });
    await runner.stop();
    expect(await runner.get(id)).toMatchObject({ state: 'RUNNING', attempt: 2 });
  });
});

/** Leaves a run as a process leaves it that is killed in the middle. No process has number 2^30. */
async function pretendDead(id: string, attempt: number): Promise<void> {
  const worker = `${thisProcess().split('~')[0]}~${2 ** 30}~1~x`;
  await sql`update runs set state = 'RUNNING', attempt = ${attempt}, worker = ${worker},
    lease_time = now() + interval '1 hour' where id = ${id}`.execute(database);
}
