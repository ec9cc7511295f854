import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { encodeModel, type Graph, inputName } from '@parallax/graph';
import manifest from '../../package.json' with { type: 'json' };
import {
  type CompileOptions,
  type Convolutions,
  type Engine,
  type Executable,
  type Results,
  RuntimeError,
} from '../engine.ts';
import { assertFeeds } from '../feeds.ts';
import { untilAborted } from '../until-aborted.ts';
import { lower } from './lower.ts';
import type { Provider } from './messages.ts';
import { type Session, WorkerPool } from './worker-pool.ts';

export interface OnnxRuntimeOptions {
  /** Worker threads, each with sessions of its own; when left out, one per core, or one for a GPU. */
  readonly workers?: number;
  /** Where it computes; the CPU when left out. */
  readonly provider?: Provider;
  /** How convolutions are computed where a compilation does not say: `tiled` on the CPU. */
  readonly convolutions?: Convolutions;
}

/**
 * onnxruntime in worker threads. A run goes to the first worker that is free; sessions are compiled in a
 * worker when it first needs them and shared by content, so compiling the same graph twice costs nothing.
 * @throws RuntimeError when the script of the workers has not been built.
 */
export function createOnnxRuntimeEngine({
  provider = 'cpu',
  workers = provider === 'cpu' ? availableParallelism() : 1,
  // Tiles spare the CPU multiplications; a GPU is short of memory traffic instead.
  convolutions = provider === 'cpu' ? 'tiled' : 'direct',
}: OnnxRuntimeOptions = {}): Engine {
  const pool = new WorkerPool(workerScript(), workers);
  const users = new Map<string, number>();
  return {
    name: `onnxruntime ${manifest.dependencies['onnxruntime-node']} ${provider}`,
    parallelism: workers,
    compile: (graph, options = {}) => compile({ pool, provider, users }, graph, { convolutions, ...options }),
    close: () => pool.close(),
  };
}

/** Beside the bundle of a service; or, when this file runs from its sources, in the package's own build output. */
export function workerScript(): URL {
  const place = import.meta.url.endsWith('.ts') ? '../../dist/onnxruntime-worker.js' : './onnxruntime-worker.js';
  const script = new URL(place, import.meta.url);
  if (!existsSync(script)) {
    throw new RuntimeError(
      `onnxruntime worker: expected ${fileURLToPath(script)}, got no such file; npm run build makes it`,
    );
  }
  return script;
}

interface Sessions {
  readonly pool: WorkerPool;
  readonly provider: Provider;
  /** Executables of each session, which is freed with the last of them. */
  readonly users: Map<string, number>;
}

async function compile(
  { pool, provider, users }: Sessions,
  graph: Graph,
  { threads = 1, convolutions }: CompileOptions,
): Promise<Executable> {
  const model = encodeModel(lower(graph, convolutions));
  const name = `${createHash('sha256').update(model).digest('hex')}/${threads}`;
  const session: Session = { name, model, threads, provider };
  const release = async (): Promise<void> => {
    const left = (users.get(session.name) ?? 1) - 1;
    users.set(session.name, left);
    if (left === 0) await pool.release(session);
  };
  users.set(session.name, (users.get(session.name) ?? 0) + 1);
  try {
    await pool.compile(session);
  } catch (error) {
    await release();
    throw error;
  }
  return createExecutable(pool, session, graph, release);
}

function createExecutable(pool: WorkerPool, session: Session, graph: Graph, release: () => Promise<void>): Executable {
  const running = new Set<Promise<Results>>();
  let closing: Promise<void> | undefined;
  return {
    inputs: graph.inputs.map(inputName),
    outputs: graph.outputs.map(({ name }) => name),
    run: async (feeds, { signal } = {}) => {
      signal?.throwIfAborted();
      if (closing !== undefined) throw new RuntimeError('the executable is closed');
      assertFeeds(graph, feeds);
      const run = pool.run(session, feeds, signal);
      running.add(run);
      const done = (): void => void running.delete(run);
      run.then(done, done);
      return untilAborted(run, signal);
    },
    close: () => {
      closing ??= Promise.allSettled(running).then(release);
      return closing;
    },
  };
}
