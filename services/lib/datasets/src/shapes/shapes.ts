import { createTensor } from '@parallax/tensor';
import type { ImageSet } from '../image-set.ts';
import { type Figure, figures } from './figures.ts';
import { imageSize, paint } from './paint.ts';

/** Number of images in each split. */
export const shapesSplits = { train: 5_000, test: 1_000 } as const;

/**
 * Generates the images `from` (included) to `to` (excluded) of a split of `shapes`: ten kinds of figures, 32×32 RGB. Needs no
 * files and is the same everywhere: image i of a split is a pure function of i.
 */
export function generateShapes(split: keyof typeof shapesSplits, from: number, to: number): ImageSet {
  const classes = Object.keys(figures);
  const kinds: readonly Figure[] = Object.values(figures);
  const count = to - from;
  const images = new Uint8Array(count * 3 * imageSize * imageSize);
  const sampleIds = Int32Array.from({ length: count }, (_, index) => from + index);
  const labels = sampleIds.map((id) => id % classes.length);
  for (let index = 0; index < count; index++) {
    const kind = kinds[labels[index] as number] as Figure;
    const size = 3 * imageSize * imageSize;
    paint(kind, split, sampleIds[index] as number, images.subarray(index * size, (index + 1) * size));
  }
  return { classes, images: createTensor('uint8', [count, 3, imageSize, imageSize], images), labels, sampleIds };
}
