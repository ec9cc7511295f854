import { gatherBatch, sliceBatch, type Tensor } from '@parallax/tensor';
import type { Judgements } from './judgements.ts';

/**
 * Judges images of the same samples: those that are the clean ones, byte for byte, as these were, and the others anew. A
 * stochastic encoder is asked for its opinion of one image once, so that chance alone breaks nothing; an image that is
 * not asked about has no votes.
 */
export async function judgeChanged(
  clean: { readonly images: Tensor<'float32'>; readonly classes: readonly number[] },
  images: Tensor<'float32'>,
  judge: (images: Tensor<'float32'>, rows: readonly number[]) => Promise<Judgements>,
): Promise<Judgements> {
  const changed = clean.classes.flatMap((_, row) => (isSameRow(images, clean.images, row) ? [] : [row]));
  if (changed.length === 0) return { classes: clean.classes };
  const found = await judge(gatherBatch(images, changed), changed);
  const places = new Map(changed.map((row, place) => [row, place]));
  const placeOf = (row: number): number => places.get(row) ?? -1;
  return {
    classes: clean.classes.map((before, row) => (places.has(row) ? (found.classes[placeOf(row)] ?? -1) : before)),
    ...(found.votes && { votes: clean.classes.map((_, row) => found.votes?.[placeOf(row)]) }),
  };
}

function isSameRow(images: Tensor<'float32'>, others: Tensor<'float32'>, row: number): boolean {
  const other = sliceBatch(others, row, row + 1).data;
  return sliceBatch(images, row, row + 1).data.every((pixel, index) => pixel === other[index]);
}
