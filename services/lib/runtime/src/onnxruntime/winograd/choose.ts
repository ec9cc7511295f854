import { fixedDim, type Node, type Shape, type Value } from '@parallax/graph';
import {
  type AxisFiltering,
  type Filtering,
  filterAxis,
  filtering2,
  filtering4,
  filteringOfStride2,
} from './matrices.ts';

/** A filtering for each axis of a convolution. */
export interface Plan {
  readonly filtering: Filtering;
  /** From the larger map of the convolution to the smaller, also where the convolution is transposed. */
  readonly rows: AxisFiltering;
  readonly columns: AxisFiltering;
}

/**
 * What a multiplication of a product with a matrix of tiles costs, in multiplications of the products of channels: it moves
 * more memory than it computes. Fitted to measurements (docs/decisions/006).
 */
const transformCost = 1.5;

/** Longest side of a map that F(4, 3) does in one tile. */
const oneTile = 4;

/** How many times cheaper the algorithm must look: what it saves must also pay for changing the layout. */
const margin: Readonly<Record<number, number>> = { 1: 1.3, 2: 1 };

/**
 * How a 3×3 convolution, or a transposed one, is done by minimal filtering; undefined where the plain form is faster or it is
 * none of ours. `large` is the map with the larger side: the input of a convolution, the output of a transposed one.
 */
export function planOf(node: Node<'Conv'> | Node<'ConvTranspose'>, large: Value, small: Value): Plan | undefined {
  const { kernel_shape, strides, dilations, group, pads } = node.attributes;
  const [stride = 1] = strides;
  const isPlain = group === 1 && dilations.every((each) => each === 1) && strides.every((each) => each === stride);
  if (large.dtype !== 'float32' || !isPlain || kernel_shape.join() !== '3,3') return undefined;
  const filtering = filteringOf(stride, small);
  if (filtering === undefined) return undefined;
  const [top = 0, left = 0] = pads;
  if (pads.some((pad) => pad < 0 || pad > 2)) return undefined;
  const [channels, outputs] = [fixedDim(large.shape, 1), fixedDim(small.shape, 1)];
  const [height, width] = [fixedDim(large.shape, 2), fixedDim(large.shape, 3)];
  const [filteredHeight, filteredWidth] = [fixedDim(small.shape, 2), fixedDim(small.shape, 3)];
  const rows = filterAxis(filtering, height, filteredHeight, top);
  const columns = filterAxis(filtering, width, filteredWidth, left);
  return isWorthwhile(filtering, rows, columns, channels, outputs) ? { filtering, rows, columns } : undefined;
}

/**
 * On a map of at most four places F(4, 3) has one tile: too few rows for its many matrices, which take more than twice the
 * memory of those of F(2, 3).
 */
function filteringOf(stride: number, { shape }: Value): Filtering | undefined {
  if (stride !== 1) return stride === 2 ? filteringOfStride2 : undefined;
  return Math.max(fixedDim(shape, 2), fixedDim(shape, 3)) > oneTile ? filtering4 : filtering2;
}

/** Whether 3×3 convolutions of maps [N, C, H, W] are done in tiles, so that what lies between them should be in their layout. */
export function isTiledRegion(shape: Shape): boolean {
  const [, channels, height, width] = shape;
  if (typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') return false;
  const filtering = Math.max(height, width) > oneTile ? filtering4 : filtering2;
  const rows = filterAxis(filtering, height, height, 1);
  const columns = filterAxis(filtering, width, width, 1);
  return isWorthwhile(filtering, rows, columns, channels, channels);
}

function isWorthwhile(
  { stride }: Filtering,
  rows: AxisFiltering,
  columns: AxisFiltering,
  channels: number,
  outputs: number,
): boolean {
  // With one tile and one image a product has a single row, which onnxruntime rounds unlike the same row among others.
  if (columns.tiles < 2) return false;
  const plain = 9 * channels * outputs * rows.fromTiles.length * columns.fromTiles.length;
  return plain > (margin[stride] ?? 1) * tiledCost(rows, columns, channels, outputs);
}

function tiledCost(rows: AxisFiltering, columns: AxisFiltering, channels: number, outputs: number): number {
  const [tall, wide] = [rows.toTiles.length, columns.toTiles.length];
  const [height, width] = [rows.toTiles[0]?.length ?? 0, columns.toTiles[0]?.length ?? 0];
  const into = tall * width * (height + wide) * channels;
  const outOf = tall * columns.fromTiles.length * (wide + rows.fromTiles.length) * outputs;
  return tall * wide * channels * outputs + transformCost * (into + outOf);
}
