import { InputError } from '@parallax/config';
import { argMax, createGraph, type Graph, GraphError, input } from '@parallax/graph';
import { loadHead } from '@parallax/paradigms';
import type { Engine } from '@parallax/runtime';
import { batchSize, concatBatch, sliceBatch, type Tensor, toNumbers } from '@parallax/tensor';
import { floatOutput, output, Workbench } from './workbench.ts';

/** Classes and logits of features. */
export interface HeadResult {
  readonly classes: readonly number[];
  /** [N, K] */
  readonly logits: Tensor<'float32'>;
}

/** A head as it is stored, ready to run. */
export class HeadRunner implements AsyncDisposable {
  private readonly bench: Workbench;
  private readonly graphs = new Map<number, Graph>();

  constructor(
    engine: Engine,
    private readonly bytes: Uint8Array,
  ) {
    this.bench = new Workbench(engine);
  }

  /** @throws InputError when the head takes features of another dimension. */
  async classify(features: Tensor<'float32'>): Promise<HeadResult> {
    const [count = 0, dimension = 0] = features.dims;
    const graph = this.graphs.get(dimension) ?? headGraph(this.bytes, dimension);
    this.graphs.set(dimension, graph);
    // A single row takes another path through the runtime and is rounded differently: no row is ever alone.
    const rows = count === 1 ? concatBatch([features, features]) : features;
    const results = await this.bench.run(graph, { features: rows });
    const logits = sliceBatch(floatOutput(results, 'logits'), 0, count);
    return { classes: toNumbers(output(results, 'classes')).slice(0, batchSize(features)), logits };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}

/** Input `features` [N, F]; outputs `logits` [N, K] and `classes` [N]. */
function headGraph(bytes: Uint8Array, dimension: number): Graph {
  const features = input('features', ['N', dimension]);
  try {
    const logits = loadHead(bytes)(features);
    return createGraph([features], { logits, classes: argMax(logits, 1) });
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const expected = `a head that takes ${dimension} features`;
    throw new InputError([{ field: 'head', expected, got: error.message }], { cause: error });
  }
}
