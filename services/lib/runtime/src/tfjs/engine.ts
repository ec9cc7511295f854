import { setImmediate } from 'node:timers/promises';
import { forgetSurrogates, type Graph, inputName, type Value } from '@parallax/graph';
import type { Tensor } from '@parallax/tensor';
import { type Engine, type Executable, type Feeds, type Results, type RunOptions, RuntimeError } from '../engine.ts';
import { assertFeeds } from '../feeds.ts';
import { untilAborted } from '../until-aborted.ts';
import { loadBackend, type TfjsBackend, tfjsVersion } from './backend.ts';
import { interpret, type Pace } from './interpret.ts';
import { Operand } from './operand.ts';
import { createProgram, type Program } from './program.ts';
import { Scope } from './scope.ts';

export { packageOf, type TfjsBackend } from './backend.ts';

export interface TfjsOptions {
  readonly backend?: TfjsBackend;
}

/** How long a run computes before it lets the process do other things. */
const burstMs = 10;

/**
 * An interpreter of graphs over the forward kernels of tfjs, one run at a time: the independent oracle of the
 * differential tests, and a second engine for GPUs. It never asks tfjs for a gradient.
 *
 * tfjs has no float64: graphs with it are refused. 64-bit integers are computed in 32 bits: a constant or feed that
 * does not fit is an error where it is computed with, and sums and products wrap. Its error function is good to 1.5e-7.
 */
export function createTfjsEngine({ backend = 'cpu' }: TfjsOptions = {}): Engine {
  const runner = new Runner(backend);
  return {
    name: `tfjs-${backend} ${tfjsVersion}`,
    parallelism: 1,
    compile: (graph) => compile(runner, graph),
    close: () => runner.close(),
  };
}

/** Does one run after the other, and keeps what executables share. */
class Runner {
  private readonly backend: TfjsBackend;
  private readonly closing = new AbortController();
  private readonly constants = new Set<Map<Value, Operand>>();
  private last: Promise<unknown> = Promise.resolve();
  private loaded: Promise<string> | undefined;

  constructor(backend: TfjsBackend) {
    this.backend = backend;
  }

  assertOpen(): void {
    this.closing.signal.throwIfAborted();
  }

  load(): Promise<string> {
    this.assertOpen();
    this.loaded ??= loadBackend(this.backend);
    return this.loaded;
  }

  keep(constants: Map<Value, Operand>): void {
    this.constants.add(constants);
  }

  release(constants: Map<Value, Operand>): void {
    this.constants.delete(constants);
    for (const operand of constants.values()) operand.dispose();
    constants.clear();
  }

  /** Runs when all that came before is done. Rejects at once when the signal is aborted or the engine closed. */
  run(work: (pace: Pace) => Promise<Results>, signal: AbortSignal | undefined): Promise<Results> {
    const started = this.last.then(async () => {
      const backend = await this.load();
      return work(this.pace(backend, signal));
    });
    this.last = started.catch(() => undefined);
    return untilAborted(untilAborted(started, this.closing.signal), signal);
  }

  async close(): Promise<void> {
    this.closing.abort(new RuntimeError('the engine is closed'));
    await this.last;
    for (const constants of this.constants) this.release(constants);
  }

  private pace(backend: string, signal: AbortSignal | undefined): Pace {
    let began = performance.now();
    const assertWanted = (): void => {
      signal?.throwIfAborted();
      this.assertOpen();
    };
    assertWanted();
    return {
      backend,
      due: () => performance.now() - began > burstMs,
      pause: async () => {
        await setImmediate();
        assertWanted();
        began = performance.now();
      },
    };
  }
}

async function compile(runner: Runner, graph: Graph): Promise<Executable> {
  await runner.load();
  const program = createProgram(forgetSurrogates(graph));
  const constants = new Map<Value, Operand>();
  runner.keep(constants);
  const running = new Set<Promise<Results>>();
  let closing: Promise<void> | undefined;
  return {
    inputs: graph.inputs.map(inputName),
    outputs: graph.outputs.map(({ name }) => name),
    run: async (feeds, { signal }: RunOptions = {}) => {
      signal?.throwIfAborted();
      runner.assertOpen();
      if (closing !== undefined) throw new RuntimeError('the executable is closed');
      assertFeeds(graph, feeds);
      const own = copied(feeds);
      const run = runner.run((pace) => runProgram(program, own, constants, pace), signal);
      running.add(run);
      const done = (): void => void running.delete(run);
      run.then(done, done);
      return run;
    },
    close: () => {
      closing ??= Promise.allSettled(running).then(() => runner.release(constants));
      return closing;
    },
  };
}

function copied(feeds: Feeds): Feeds {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, copyOf(tensor)]));
}

function copyOf({ dtype, dims, data }: Tensor): Tensor {
  return { dtype, dims, data: data.slice() as Tensor['data'] };
}

async function runProgram(
  program: Program,
  feeds: Feeds,
  constants: Map<Value, Operand>,
  pace: Pace,
): Promise<Results> {
  const scope = new Scope(constants);
  try {
    for (const value of program.graph.inputs) {
      const tensor = feeds[inputName(value)];
      if (tensor !== undefined) scope.set(value, Operand.fromHost(tensor));
    }
    const results = await interpret(program, scope, pace);
    const named = program.graph.outputs.map(({ name }, index) => [name, results[index]] as const);
    const read = named.flatMap(([name, operand]) =>
      operand === undefined ? [] : [[name, copyOf(operand.toHost())] as const],
    );
    for (const operand of results) operand.dispose();
    return Object.fromEntries(read);
  } finally {
    scope.dispose();
  }
}
