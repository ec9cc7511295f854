import {
  add,
  concat,
  constant,
  fixedDim,
  matMul,
  reshape,
  slice,
  transpose,
  unsqueeze,
  type Value,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import type { AxisFiltering, Filtering, Matrix } from './matrices.ts';

/** A bilinear algorithm in two dimensions. */
export interface TiledConvolution {
  readonly rows: AxisFiltering;
  readonly columns: AxisFiltering;
  readonly kernel: TransformedKernel;
  /** [O] */
  readonly bias: Value | null;
}

/** A kernel as the algorithm multiplies with it. */
export interface TransformedKernel {
  readonly channels: number;
  readonly outputs: number;
  /** Whether it is the same in every run. */
  readonly fixed: boolean;
  /** The matrices [C, O] of some of the size² pairs of multiplications: [count, C, O]. */
  readonly matrices: (first: number, count: number) => Value;
}

/**
 * A convolution by a minimal filtering algorithm: [H, W, N, C] → [H', W', N, O]. Tiles are taken along each axis by a
 * product with a constant matrix, which also does the padding; the multiplications of a tile are then independent
 * products of [tiles · N, C] with [C, O], and a last pair of constant matrices makes outputs of them.
 */
export function tiledConvolution(x: Value, { rows, columns, kernel, bias }: TiledConvolution): Value {
  const [height, width] = [fixedDim(x.shape, 0), fixedDim(x.shape, 1)];
  const tall = rows.size * rows.tiles;
  const wide = columns.size * columns.tiles;
  const byRows = matMul(matrix(rows.toTiles), reshape(x, [height, -1]));
  const byColumns = matMul(matrix(columns.toTiles), reshape(byRows, [tall, width, -1]));
  const products = reshape(productsOf(byColumns, { rows, columns, kernel }), [tall, wide, -1]);
  const narrow = reshape(matMul(matrix(columns.fromTiles), products), [tall, -1]);
  const y = matMul(matrix(rows.fromTiles), narrow);
  const places = reshape(y, [rows.fromTiles.length, columns.fromTiles.length, -1, kernel.outputs]);
  return bias === null ? places : add(places, bias);
}

/**
 * [i, t, j, u · N, C] · [i, 1, j, C, O]. With a single tile it is as many products of two matrices: onnxruntime packs fixed
 * weights of those beforehand, which counts when there are few rows to multiply them with.
 */
function productsOf(tiles: Value, { rows, columns, kernel }: Omit<TiledConvolution, 'bias'>): Value {
  const { channels, outputs, fixed, matrices } = kernel;
  const count = rows.size * columns.size;
  if (!fixed || rows.tiles > 1 || columns.tiles > 1) {
    const all = reshape(matrices(0, count), [rows.size, 1, columns.size, channels, outputs]);
    return matMul(reshape(tiles, [rows.size, rows.tiles, columns.size, -1, channels]), all);
  }
  const perPair = reshape(tiles, [count, -1, channels]);
  const products = Array.from({ length: count }, (_, index) => {
    const tile = reshape(slice(perPair, [{ axis: 0, start: index, end: index + 1 }]), [-1, channels]);
    return unsqueeze(matMul(tile, reshape(matrices(index, 1), [channels, outputs])), [0]);
  });
  return concat(products, 0);
}

/** G g Gᵀ for every pair of channels of a kernel [O, C, 3, 3]. */
export function transformedKernel(weight: Value, { kernelTransform }: Filtering, fixed: boolean): TransformedKernel {
  const [outputs, channels] = [fixedDim(weight.shape, 0), fixedDim(weight.shape, 1)];
  const places = reshape(transpose(weight, [2, 3, 1, 0]), [9, channels * outputs]);
  const both = kernelTransform.flatMap((row) =>
    kernelTransform.map((column) => row.flatMap((a) => column.map((b) => a * b))),
  );
  const matrices = (first: number, count: number): Value =>
    reshape(matMul(matrix(both.slice(first, first + count)), places), [count, channels, outputs]);
  return { channels, outputs, fixed, matrices };
}

/** The same kernel from outputs to channels. */
export function transposedKernel({ channels, outputs, fixed, matrices }: TransformedKernel): TransformedKernel {
  const exchanged = (first: number, count: number): Value => transpose(matrices(first, count), [0, 2, 1]);
  return { channels: outputs, outputs: channels, fixed, matrices: exchanged };
}

function matrix(rows: Matrix): Value {
  return constant(float32([rows.length, rows[0]?.length ?? 0], Float32Array.from(rows.flat())));
}
