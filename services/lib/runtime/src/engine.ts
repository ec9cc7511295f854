import type { Graph } from '@parallax/graph';
import type { Tensor } from '@parallax/tensor';

export type Feeds = Readonly<Record<string, Tensor>>;
export type Results = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  /**
   * Aborting rejects with the signal's reason at once. A run that waits is never started; one that has started is
   * finished by the runtime and thrown away.
   */
  readonly signal?: AbortSignal;
}

/** `direct`: as the operator is defined. `tiled`: by Winograd's algorithm where that is faster (docs/decisions/006). */
export type Convolutions = 'direct' | 'tiled';

export interface CompileOptions {
  /**
   * Threads inside one run. 1 (the default) leaves the other cores to other runs, which is the faster choice whenever a
   * batch can be split; training steps, which cannot, take more. Results do not depend on it (but see
   * docs/decisions/001 on functions of very large tensors).
   */
  readonly threads?: number;
  /**
   * How convolutions by fixed weights are computed; the engine has its default. Results of the two differ by a few units in
   * the sixth place.
   */
  readonly convolutions?: Convolutions;
}

/** A graph ready to run. */
export interface Executable {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Runs once. All inputs must be fed, in the element types and shapes the graph names; symbolic dimensions take any
   * length from 1. The feeds are copied, so the caller may reuse their memory.
   * @throws FeedError naming the input, what was expected and what came.
   * @throws RuntimeError when the runtime fails, or the executable or its engine is closed.
   */
  run(feeds: Feeds, options?: RunOptions): Promise<Results>;
  /** Frees the compiled form once the runs in progress have finished. Closing twice is closing once. */
  close(): Promise<void>;
}

/** Something that runs graphs. Implementations share one contract suite (`engine.contract.ts`). */
export interface Engine {
  /** For records: which runtime, which version, which device. */
  readonly name: string;
  /** How many runs make progress at the same time. */
  readonly parallelism: number;
  /** @throws RuntimeError when the runtime refuses the graph, or the engine is closed. */
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
  /**
   * Ends everything; runs in progress are rejected at once. Resolves when no native code runs any more: a process that
   * exits before may be aborted.
   */
  close(): Promise<void>;
}

/** A feed that does not fit the graph. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly input: string;

  constructor(input: string, expected: string, got: string) {
    super(`input ${input}: expected ${expected}, got ${got}`);
    this.input = input;
  }
}

/** What a runtime refused or failed to do. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}
