import { batches, type Dataset } from '@parallax/datasets';
import { concatBatch, type Tensor } from '@parallax/tensor';
import type { Batch, FeatureSource } from './feature-source.ts';

export interface EmbedOptions {
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told after each batch. */
  readonly onImages?: (done: number, total: number) => void;
  /** Changes images before they are embedded. */
  readonly augment?: (batch: Batch) => Promise<Batch>;
}

/** Images a call: 6 MB of CIFAR images in float32, enough to fill every core of the encoder service. */
export const imagesPerCall = 512;

/** Features [N, F] of all images of a dataset, in order. */
export async function embedDataset(
  source: FeatureSource,
  dataset: Dataset,
  { seed, signal, onImages, augment }: EmbedOptions,
): Promise<Tensor<'float32'>> {
  const parts: Tensor<'float32'>[] = [];
  let done = 0;
  for (const indices of batches(dataset, imagesPerCall)) {
    signal.throwIfAborted();
    const batch = batchOf(dataset, indices);
    parts.push(await source.embed(augment ? await augment(batch) : batch, { seed, signal }));
    done += indices.length;
    onImages?.(done, dataset.length);
  }
  return concatBatch(parts);
}

/** The images at some indices, with their sample ids. */
export function batchOf(dataset: Dataset, indices: readonly number[]): Batch {
  return { images: dataset.images(indices), sampleIds: indices.map((index) => dataset.sampleIds[index] as number) };
}
