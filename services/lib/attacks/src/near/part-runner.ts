import type { Executable, Results } from '@parallax/runtime';
import { concatBatch, gatherBatch, sliceBatch, type Tensor } from '@parallax/tensor';
import type { SceneFeeds } from './batch.ts';
import { mapLimited, partsOf } from './parts.ts';

/** Tensors by name, one row a sample. */
export type Rows = Readonly<Record<string, Tensor>>;

export interface PartRunnerOptions {
  /** Samples in one run. */
  readonly batchSize: number;
  /** How many runs make progress at the same time. */
  readonly parallelism: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs graphs for some of the samples of a batch, cut into parts that run side by side. What comes out for one sample
 * depends neither on the others nor on the cut.
 */
export class PartRunner {
  readonly #scene: SceneFeeds;
  readonly #sampleIds: readonly number[];
  readonly #options: PartRunnerOptions;

  constructor(scene: SceneFeeds, sampleIds: readonly number[], options: PartRunnerOptions) {
    this.#scene = scene;
    this.#sampleIds = sampleIds;
    this.#options = options;
  }

  /** Samples that are worked on at the same time. */
  get capacity(): number {
    return this.#options.batchSize * this.#options.parallelism;
  }

  /**
   * Runs a graph for samples of the batch. `feedsOf` gets the places in `samples` that a part is made of, and their ids; of
   * what it and the scene offer, the graph takes what it has inputs for. `took` hears how long each run was.
   */
  async run(
    executable: Executable,
    samples: readonly number[],
    feedsOf: (part: readonly number[], ids: readonly number[]) => Rows,
    took: (ms: number) => void = () => undefined,
  ): Promise<Rows> {
    const { signal, batchSize, parallelism } = this.#options;
    const parts = partsOf(samples.length, batchSize, parallelism);
    const results = await mapLimited(parts, parallelism, async (part) => {
      const rows = atLeastTwo(part);
      const chosen = rows.map((row) => samples[row] as number);
      const ids = chosen.map((sample) => this.#sampleIds[sample] as number);
      const offered = {
        ...rowsOf(taken(this.#scene.perSample, executable.inputs), chosen),
        ...this.#scene.shared,
        ...feedsOf(rows, ids),
      };
      const began = performance.now();
      const result = await executable.run(taken(offered, executable.inputs), signal === undefined ? {} : { signal });
      took(performance.now() - began);
      return rows === part ? result : mapRows(result, (tensor) => sliceBatch(tensor, 0, part.length));
    });
    return joined(results);
  }
}

/** onnxruntime takes other code for a single row, which rounds differently: a lone sample is run twice. */
function atLeastTwo(part: readonly number[]): readonly number[] {
  const [only] = part;
  return part.length === 1 && only !== undefined ? [only, only] : part;
}

/** The rows named, of every tensor. */
export function rowsOf(rows: Rows, which: readonly number[]): Rows {
  return mapRows(rows, (tensor) => gatherBatch(tensor, which));
}

function mapRows(rows: Rows, change: (tensor: Tensor) => Tensor): Rows {
  return Object.fromEntries(Object.entries(rows).map(([name, tensor]) => [name, change(tensor)]));
}

function taken(offered: Rows, names: readonly string[]): Rows {
  return Object.fromEntries(names.flatMap((name) => (offered[name] === undefined ? [] : [[name, offered[name]]])));
}

/** Parts of a batch, one after the other. */
export function joined(results: readonly Results[]): Rows {
  const [first = {}] = results;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, concatBatch(results.map((result) => result[name] as Tensor))]),
  );
}
