import { add, constant, fixedDim, matMul, reshape, transpose, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import type { AxisFiltering, Filtering, Matrix } from './matrices.ts';

/** A bilinear algorithm in two dimensions. */
export interface TiledConvolution {
  readonly rows: AxisFiltering;
  readonly columns: AxisFiltering;
  /** [size, 1, size, C, O] */
  readonly kernel: Value;
  /** [O] */
  readonly bias: Value | null;
}

/**
 * A convolution by a minimal filtering algorithm: [H, W, N, C] → [H', W', N, O]. Tiles are taken along each axis by a
 * product with a constant matrix, which also does the padding; the multiplications of a tile are then independent
 * products of [tiles · N, C] with [C, O], and a last pair of constant matrices makes outputs of them.
 */
export function tiledConvolution(x: Value, { rows, columns, kernel, bias }: TiledConvolution): Value {
  const [height, width, channels] = [0, 1, 3].map((axis) => fixedDim(x.shape, axis)) as [number, number, number];
  const tall = rows.size * rows.tiles;
  const wide = columns.size * columns.tiles;
  const byRows = matMul(matrix(rows.toTiles), reshape(x, [height, -1]));
  const byColumns = matMul(matrix(columns.toTiles), reshape(byRows, [tall, width, -1]));
  const tiles = reshape(byColumns, [rows.size, rows.tiles, columns.size, -1, channels]);
  const products = reshape(matMul(tiles, kernel), [tall, wide, -1]);
  const narrow = reshape(matMul(matrix(columns.fromTiles), products), [tall, -1]);
  const y = matMul(matrix(rows.fromTiles), narrow);
  const places = reshape(y, [rows.fromTiles.length, columns.fromTiles.length, -1, fixedDim(kernel.shape, -1)]);
  return bias === null ? places : add(places, bias);
}

/** G g Gᵀ for every pair of channels: [O, C, 3, 3] → [size, 1, size, C, O], which broadcasts over the rows of tiles. */
export function transformedKernel(weight: Value, { kernelTransform }: Filtering): Value {
  const [outputs, channels] = [fixedDim(weight.shape, 0), fixedDim(weight.shape, 1)];
  const places = reshape(transpose(weight, [2, 3, 1, 0]), [9, channels * outputs]);
  const both = kernelTransform.flatMap((row) =>
    kernelTransform.map((column) => row.flatMap((a) => column.map((b) => a * b))),
  );
  const size = kernelTransform.length;
  return reshape(matMul(matrix(both), places), [size, 1, size, channels, outputs]);
}

function matrix(rows: Matrix): Value {
  return constant(float32([rows.length, rows[0]?.length ?? 0], Float32Array.from(rows.flat())));
}
