import { InputError } from '@parallax/config';
import { batchSize, sliceBatch, type Tensor } from '@parallax/tensor';

/** Labelled images in memory. Row i of `images`, `labels` and `sampleIds` belong together. */
export interface ImageSet {
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** [N, C, H, W], as stored: uint8, or float32 in [0, 1]. */
  readonly images: Tensor<'uint8'> | Tensor<'float32'>;
  /** Index of each image's class. */
  readonly labels: Int32Array;
  /** Index of each image in the full split it comes from: what its randomness is keyed by. */
  readonly sampleIds: Int32Array;
}

/** Which pixels a set may hold: `inRange`, or `any` where it is evidence of what an attack has made. */
export type PixelRule = 'inRange' | 'any';

/**
 * Checks that the parts fit together, and that every label and, unless any will do, every pixel is in range.
 * @throws InputError naming every part that does not fit.
 */
export function assertImageSet({ classes, images, labels, sampleIds }: ImageSet, pixels: PixelRule = 'inRange'): void {
  const count = images.dims[0] ?? 0;
  const badLabel = labels.findIndex((label) => label < 0 || label >= classes.length);
  const isChecked = images.dtype === 'float32' && pixels === 'inRange';
  const badPixel = isChecked ? images.data.findIndex((value) => !(value >= 0 && value <= 1)) : -1;
  const checks: readonly (readonly [boolean, string, string, unknown])[] = [
    [images.dims.length === 4, 'images', 'a shape [N, C, H, W]', `[${images.dims.join(', ')}]`],
    [labels.length === count, 'labels', `${count} entries, one an image`, labels.length],
    [sampleIds.length === count, 'sample_ids', `${count} entries, one an image`, sampleIds.length],
    [badLabel === -1, `labels[${badLabel}]`, `a class in [0, ${classes.length})`, labels[badLabel]],
    [badPixel === -1, `images.data[${badPixel}]`, 'a pixel in [0, 1]', images.data[badPixel]],
  ];
  const violations = checks
    .filter(([holds]) => !holds)
    .map(([, field, expected, got]) => ({ field, expected, got: String(got) }));
  if (violations.length > 0) throw new InputError(violations);
}

/** The images `from` (included) to `to` (excluded) of a set: a view. */
export function sliceImageSet(set: ImageSet, from: number, to: number): ImageSet {
  const images = set.images.dtype === 'uint8' ? sliceBatch(set.images, from, to) : sliceBatch(set.images, from, to);
  return { ...set, images, labels: set.labels.subarray(from, to), sampleIds: set.sampleIds.subarray(from, to) };
}

/** Number of images. */
export function imageCount(set: ImageSet): number {
  return batchSize(set.images);
}
