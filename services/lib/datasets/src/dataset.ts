import { createHash } from 'node:crypto';
import { canonicalJson } from '@parallax/store';
import { createTensor, gatherBatch, type Tensor, toBytes } from '@parallax/tensor';
import { type ImageSet, imageCount } from './image-set.ts';

/** Labelled images under a name. Indices count from 0 within the slice named; sample ids within the full split. */
export interface Dataset {
  /** Such as `cifar10:test:0-200`. */
  readonly name: string;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** Channels, height, width. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Number of images. */
  readonly length: number;
  /** Index of each image's class. */
  readonly labels: Int32Array;
  /** What each image's randomness is keyed by; does not depend on the slice. */
  readonly sampleIds: Int32Array;
  /** sha256 over class names, shape, labels, sample ids and pixels. */
  readonly digest: string;
  /** The images at these indices, [N, C, H, W], in [0, 1]. */
  images(indices: readonly number[]): Tensor<'float32'>;
  /** The images at these indices in 8 bits, [N, C, H, W]: as stored, or, where stored as float32, rounded to nearest. */
  pixels(indices: readonly number[]): Tensor<'uint8'>;
}

/** A dataset of images in memory. */
export function createDataset(name: string, set: ImageSet): Dataset {
  return new MemoryDataset(name, set);
}

/** The indices 0 … `length` - 1 of a dataset in runs of at most `batchSize`. */
export function* batches(dataset: Dataset, batchSize: number): Generator<readonly number[], void, undefined> {
  for (let start = 0; start < dataset.length; start += batchSize) {
    const count = Math.min(batchSize, dataset.length - start);
    yield Array.from({ length: count }, (_, offset) => start + offset);
  }
}

class MemoryDataset implements Dataset {
  readonly classes: readonly string[];
  readonly shape: readonly [number, number, number];
  readonly length: number;
  readonly labels: Int32Array;
  readonly sampleIds: Int32Array;
  private contentDigest: string | undefined;

  constructor(
    readonly name: string,
    private readonly set: ImageSet,
  ) {
    const [, channels = 0, height = 0, width = 0] = set.images.dims;
    this.shape = [channels, height, width];
    this.classes = set.classes;
    this.length = imageCount(set);
    this.labels = set.labels;
    this.sampleIds = set.sampleIds;
  }

  get digest(): string {
    this.contentDigest ??= digestOf(this.set);
    return this.contentDigest;
  }

  images(indices: readonly number[]): Tensor<'float32'> {
    this.assertIndices(indices);
    if (this.set.images.dtype === 'float32') return gatherBatch(this.set.images, indices);
    return toUnit(gatherBatch(this.set.images, indices));
  }

  pixels(indices: readonly number[]): Tensor<'uint8'> {
    this.assertIndices(indices);
    if (this.set.images.dtype === 'uint8') return gatherBatch(this.set.images, indices);
    return toEightBits(gatherBatch(this.set.images, indices));
  }

  private assertIndices(indices: readonly number[]): void {
    const bad = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= this.length);
    if (bad !== undefined) throw new RangeError(`index: expected one in [0, ${this.length}), got ${bad}`);
  }
}

/** 8-bit pixels as float32 in [0, 1]. */
export function toUnit({ dims, data }: Tensor<'uint8'>): Tensor<'float32'> {
  const values = new Float32Array(data.length);
  for (let index = 0; index < data.length; index++) values[index] = (data[index] as number) / 255;
  return createTensor('float32', dims, values);
}

/** Pixels in [0, 1] rounded to the nearest of 256 levels. */
export function toEightBits({ dims, data }: Tensor<'float32'>): Tensor<'uint8'> {
  const values = new Uint8Array(data.length);
  for (let index = 0; index < data.length; index++) values[index] = Math.round((data[index] as number) * 255);
  return createTensor('uint8', dims, values);
}

function digestOf({ classes, images, labels, sampleIds }: ImageSet): string {
  const hash = createHash('sha256');
  hash.update(canonicalJson({ classes, datatype: images.dtype, shape: images.dims }));
  for (const part of [toBytes(images), bytesOf(labels), bytesOf(sampleIds)]) hash.update(part);
  return hash.digest('hex');
}

function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
