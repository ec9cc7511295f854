import { InputError } from '@parallax/config';
import { batches, type Dataset, SampleSetDigest } from '@parallax/datasets';
import type { Engine } from '@parallax/runtime';
import { type Proportion, proportion } from '@parallax/statistics';
import { int64, type Tensor, toNumbers } from '@parallax/tensor';
import { batchOf, imagesPerCall } from '../features/embed-dataset.ts';
import type { FeatureSource, HeadChoice } from '../features/feature-source.ts';
import { output, Workbench } from '../fitting/workbench.ts';
import { crossEntropyGraph } from './cross-entropy.ts';

export interface EvaluationOptions {
  readonly engine: Engine;
  readonly seed: number;
  /** Draws that vote on stochastic features; 0: as many as the source thinks right. */
  readonly draws: number;
  /** Images worked on together; 0: the standard. */
  readonly batchSize: number;
  readonly signal: AbortSignal;
  readonly onImages?: (done: number, total: number) => void;
}

/** How good a head is. */
export interface Evaluation {
  readonly accuracy: Proportion;
  /** Mean cross-entropy. */
  readonly meanLoss: number;
  /** Predicted class of each sample, in the order of the dataset. */
  readonly predictions: readonly number[];
  /** Names the images; see SampleSetDigest. */
  readonly sampleSetDigest: string;
}

/**
 * Measures a head on a dataset.
 * @throws InputError when the dataset has labels the head does not know; what `FeatureSource.classify` throws.
 */
export async function evaluateHead(
  source: FeatureSource,
  head: HeadChoice,
  dataset: Dataset,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { signal, onImages, batchSize } = options;
  await using judge = new CrossEntropy(options.engine);
  const digest = new SampleSetDigest();
  const predictions: number[] = [];
  let totalLoss = 0;
  for (const indices of batches(dataset, batchSize || imagesPerCall)) {
    signal.throwIfAborted();
    const batch = batchOf(dataset, indices);
    const { classes, logits } = await source.classify(batch, head, options);
    const labels = indices.map((index) => dataset.labels[index] as number);
    totalLoss += await judge.sum(logits, labels);
    digest.add(batch.sampleIds, batch.images);
    predictions.push(...classes);
    onImages?.(predictions.length, dataset.length);
  }
  const correct = predictions.filter((prediction, index) => prediction === dataset.labels[index]).length;
  return {
    accuracy: proportion(correct, dataset.length),
    meanLoss: totalLoss / dataset.length,
    predictions,
    sampleSetDigest: digest.hex(),
  };
}

/** Sums of cross-entropies, in float64 over the samples. */
class CrossEntropy implements AsyncDisposable {
  private readonly bench: Workbench;
  private graph: ReturnType<typeof crossEntropyGraph> | undefined;

  constructor(engine: Engine) {
    this.bench = new Workbench(engine);
  }

  async sum(logits: Tensor<'float32'>, labels: readonly number[]): Promise<number> {
    const [, classes = 0] = logits.dims;
    const unknown = labels.find((label) => label >= classes);
    if (unknown !== undefined) {
      const expected = `labels below ${classes}, the classes of the head`;
      throw new InputError([{ field: 'dataset', expected, got: `${unknown}` }]);
    }
    this.graph ??= crossEntropyGraph(classes);
    const results = await this.bench.run(this.graph, { logits, labels: int64([labels.length], labels) });
    return toNumbers(output(results, 'loss')).reduce((sum, loss) => sum + loss, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}
