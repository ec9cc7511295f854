import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { encodeModel, type Graph, inputName } from '@parallax/graph';
import type { CompileOptions, Engine, Executable, Feeds, Results, RunOptions } from '../engine.ts';
import { assertFeeds } from '../feeds.ts';
import { lower } from './lower.ts';
import { WorkerClient } from './worker-client.ts';

export interface OnnxRuntimeOptions {
  /** Worker threads, each with sessions of its own; one per core when left out. */
  readonly workers?: number;
}

/**
 * onnxruntime on the CPU, in worker threads. A run goes to the worker with the least to do; sessions are compiled in a
 * worker when it first needs them and shared by content, so compiling the same graph twice costs nothing.
 */
export function createOnnxRuntimeEngine(options: OnnxRuntimeOptions = {}): Engine {
  const workers = Array.from(
    { length: options.workers ?? availableParallelism() },
    () => new WorkerClient(workerScript()),
  );
  const users = new Map<string, number>();
  return {
    name: 'onnxruntime-cpu',
    parallelism: workers.length,
    compile: (graph, compileOptions) => Promise.resolve(compile(workers, users, graph, compileOptions ?? {})),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Beside the bundle of a service; or, when this file runs from its sources, in the package's own build output. */
function workerScript(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/onnxruntime-worker.js' : './onnxruntime-worker.js',
    import.meta.url,
  );
}

function compile(
  workers: readonly WorkerClient[],
  users: Map<string, number>,
  graph: Graph,
  { threads = 1 }: CompileOptions,
): Executable {
  const model = encodeModel(lower(graph));
  const session = `${createHash('sha256').update(model).digest('hex')}/${threads}`;
  users.set(session, (users.get(session) ?? 0) + 1);
  const run = async (feeds: Feeds, { signal }: RunOptions = {}): Promise<Results> => {
    signal?.throwIfAborted();
    assertFeeds(graph, feeds);
    const worker = workers.reduce((best, each) => (each.load < best.load ? each : best));
    const results = await worker.run(session, model, threads, feeds, signal);
    signal?.throwIfAborted();
    return results;
  };
  const close = async (): Promise<void> => {
    const left = (users.get(session) ?? 1) - 1;
    users.set(session, left);
    if (left === 0) await Promise.all(workers.map((worker) => worker.release(session)));
  };
  return { inputs: graph.inputs.map(inputName), outputs: graph.outputs.map(({ name }) => name), run, close };
}
