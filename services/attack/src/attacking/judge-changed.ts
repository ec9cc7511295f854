import type { Predict } from '@parallax/attacks';
import { gatherBatch, sliceBatch, type Tensor } from '@parallax/tensor';

/** Clean images [N,C,H,W] and the classes they were judged as. */
export interface JudgedImages {
  readonly images: Tensor<'float32'>;
  readonly classes: readonly number[];
}

/**
 * Judges images of the same samples: those that are the clean ones, byte for byte, as these were, and the others anew. A
 * stochastic encoder is asked for its opinion of one image once, so that chance alone breaks nothing.
 */
export function judgeChanged(
  clean: JudgedImages,
  judge: (images: Tensor<'float32'>, sampleIds: readonly number[]) => Promise<readonly number[]>,
): Predict {
  return async (images, sampleIds) => {
    const changed = sampleIds.flatMap((_, row) => (isSameRow(images, clean.images, row) ? [] : [row]));
    if (changed.length === 0) return { labels: clean.classes };
    const ids = changed.map((row) => sampleIds[row] ?? 0);
    const classes = await judge(gatherBatch(images, changed), ids);
    const labels = [...clean.classes];
    for (const [index, row] of changed.entries()) labels[row] = classes[index] ?? -1;
    return { labels };
  };
}

function isSameRow(images: Tensor<'float32'>, others: Tensor<'float32'>, row: number): boolean {
  const other = sliceBatch(others, row, row + 1).data;
  return sliceBatch(images, row, row + 1).data.every((pixel, index) => pixel === other[index]);
}
