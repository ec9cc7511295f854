import type { NearExecutable } from '@parallax/attacks';
import { PreconditionError } from '@parallax/config';
import { type Graph, GraphError, NotDifferentiableError } from '@parallax/graph';
import { type DrawSpec, fillDraws } from '@parallax/objectives';
import type { Engine, Executable, Feeds } from '@parallax/runtime';
import { type Closable, LeaseCache } from './lease-cache.ts';

/** A graph and the randomness it asks for. */
export interface TracedPass {
  readonly graph: Graph;
  /** Draws of the samples, leading axis N. */
  readonly draws: readonly DrawSpec[];
  /** Draws of the negatives of an objective, leading axis M. */
  readonly negativeDraws: readonly DrawSpec[];
}

/** The same, ready to run. */
export interface CompiledPass extends TracedPass, Closable {
  readonly executable: Executable;
}

/** Compiled graphs that are kept. Each holds the weights of an encoder once more in every worker. */
const mostPasses = 24;
const mostPrograms = 8;

/** Where graphs are compiled and run. */
export class Workbench {
  private readonly passes = new LeaseCache<CompiledPass>(mostPasses);
  private readonly programs = new LeaseCache<NearExecutable>(mostPrograms);

  constructor(readonly engine: Engine) {}

  /**
   * Works with a compiled graph. `key` names all that `trace` depends on.
   * @throws PreconditionError when the graph cannot be made.
   */
  usePass<R>(key: string, trace: () => TracedPass, work: (pass: CompiledPass) => Promise<R>): Promise<R> {
    const make = async (): Promise<CompiledPass> => {
      const traced = trace();
      const executable = await this.engine.compile(traced.graph);
      return { ...traced, executable, close: () => executable.close() };
    };
    return this.passes.use(key, () => buildable(make), work);
  }

  /** The same for attacks, which are several graphs. */
  useProgram<R>(
    key: string,
    make: () => Promise<NearExecutable>,
    work: (program: NearExecutable) => Promise<R>,
  ): Promise<R> {
    return this.programs.use(key, () => buildable(make), work);
  }

  /** Frees all compiled graphs. The engine stays open. */
  async close(): Promise<void> {
    await Promise.all([this.passes.close(), this.programs.close()]);
  }
}

/** Graphs know nothing of requests: what cannot be built is a request that this encoder cannot answer. */
export async function buildable<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const isBlocked = error instanceof NotDifferentiableError;
    const reason = isBlocked ? { reason: 'NOT_DIFFERENTIABLE', facts: { operator: error.op } } : {};
    throw new PreconditionError(error.message, { ...reason, cause: error });
  }
}

/** What the randomness of a batch is keyed by: for each sample its id, for all of them the rest. */
export interface Randomness {
  readonly sampleIds: readonly number[];
  readonly seed: bigint;
  readonly restart?: number;
  readonly step?: number;
}

/** The draws of some rows of a batch. */
export function drawFeeds(
  draws: readonly DrawSpec[],
  { sampleIds, ...key }: Randomness,
  rows: readonly number[],
  draw: number,
): Feeds {
  return fillDraws(draws, { ...key, draw, sampleIds: rows.map((row) => sampleIds[row] ?? 0) });
}
