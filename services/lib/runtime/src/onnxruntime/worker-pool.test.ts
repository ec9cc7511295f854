import { float32 } from '@parallax/tensor';
import { afterEach, expect, it } from 'vitest';
import { RuntimeError } from '../engine.ts';
import { WorkerPool } from './worker-pool.ts';

const session = { name: 'model', model: new Uint8Array(), threads: 1 };
const feeds = { x: float32([1], [1]) };

let pool: WorkerPool | undefined;
afterEach(() => pool?.close());

/** A pool whose workers do this with each message. */
function poolOf(onMessage: string, size = 1): WorkerPool {
  const script = `
    import { parentPort, threadId } from 'node:worker_threads';
    const answer = (id, results = {}) => parentPort.postMessage({ id, ok: true, results });
    parentPort.on('message', (message) => { ${onMessage} });`;
  pool = new WorkerPool(new URL(`data:text/javascript,${encodeURIComponent(script)}`), size);
  return pool;
}

it('rejects the run of a worker that ends, and runs the next in a new one', async () => {
  const crashing = poolOf(`
    if (message.kind === 'run' && message.feeds.x.data[0] === 13) process.exit(3);
    answer(message.id, { y: message.feeds?.x });`);
  await expect(crashing.run(session, { x: float32([1], [13]) })).rejects.toThrow(
    new RuntimeError('the onnxruntime worker ended with status 3'),
  );
  expect(await crashing.run(session, feeds)).toEqual({ y: feeds.x });
});

it('rejects the run of a worker that throws, with the cause', async () => {
  const throwing = poolOf(`if (message.kind === 'run') throw new Error('broken'); answer(message.id);`);
  const failure = await throwing.run(session, feeds).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RuntimeError);
  expect((failure as RuntimeError).cause).toMatchObject({ message: 'broken' });
});

it('rejects when workers cannot start', async () => {
  pool = new WorkerPool(new URL('file:///nowhere/worker.js'), 1);
  await expect(pool.run(session, feeds)).rejects.toThrow(RuntimeError);
});

it('lets a crash fail nothing but its own job', async () => {
  const crashing = poolOf(
    `if (message.kind === 'run' && message.feeds.x.data[0] === 13) process.exit(1);
     setTimeout(() => answer(message.id, { y: message.feeds?.x }), 5);`,
    2,
  );
  const values = [1, 13, 2, 3, 13, 4];
  const outcomes = await Promise.allSettled(values.map((value) => crashing.run(session, { x: float32([1], [value]) })));
  expect(outcomes.map(({ status }) => status)).toEqual(
    values.map((value) => (value === 13 ? 'rejected' : 'fulfilled')),
  );
});

it('keeps one job in a worker at a time, and compiles once in each', async () => {
  const counting = poolOf(
    `globalThis.seen ??= { compile: 0, run: 0, most: 0, now: 0 };
     seen[message.kind]++;
     seen.now++;
     seen.most = Math.max(seen.most, seen.now);
     setTimeout(() => { seen.now--; answer(message.id, { thread: threadId, ...seen }); }, 2);`,
    2,
  );
  const results = await Promise.all(Array.from({ length: 12 }, () => counting.run(session, feeds)));
  const last = results.map((result) => result as unknown as Record<'thread' | 'compile' | 'most', number>);
  expect(new Set(last.map(({ thread }) => thread)).size).toBe(2);
  expect(last.every(({ compile, most }) => compile === 1 && most === 1)).toBe(true);
});

it('drops a job that was aborted while it waited', async () => {
  const slow = poolOf(`globalThis.runs ??= 0; if (message.kind === 'run') runs++;
    setTimeout(() => answer(message.id, { runs }), 5);`);
  const controller = new AbortController();
  const first = slow.run(session, feeds);
  const dropped = slow.run(session, feeds, controller.signal);
  const last = slow.run(session, feeds);
  controller.abort(new Error('enough'));
  await expect(dropped).rejects.toThrow('enough');
  expect(await first).toEqual({ runs: 1 });
  expect(await last).toEqual({ runs: 2 });
});

it('rejects everything once closed', async () => {
  const slow = poolOf('setTimeout(() => answer(message.id), 20)');
  const runs = [slow.run(session, feeds), slow.run(session, feeds)];
  const outcomes = Promise.allSettled(runs);
  await slow.close();
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ reason: new RuntimeError('the engine is closed') });
  await expect(slow.run(session, feeds)).rejects.toThrow('the engine is closed');
});
