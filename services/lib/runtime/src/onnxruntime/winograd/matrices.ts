/** A matrix by rows. */
export type Matrix = readonly (readonly number[])[];

/**
 * A minimal filtering algorithm with 3 taps along one axis: some outputs of a tile by fewer multiplications than 3 each,
 * y = Aᵀ[(G g) ⊙ (Bᵀ d)] (Winograd 1980; Lavin & Gray 2016, "Fast algorithms for convolutional neural networks").
 */
export interface Filtering {
  readonly stride: number;
  /** Bᵀ [multiplications, inputs of a tile] */
  readonly inputTransform: Matrix;
  /** G [multiplications, 3] */
  readonly kernelTransform: Matrix;
  /** Aᵀ [outputs of a tile, multiplications] */
  readonly outputTransform: Matrix;
}

/** F(2, 3), at the points 0, ±1 and infinity: 16 multiplications instead of 36 for a tile in two dimensions. */
export const filtering2: Filtering = {
  stride: 1,
  inputTransform: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  kernelTransform: [
    [1, 0, 0],
    [1 / 2, 1 / 2, 1 / 2],
    [1 / 2, -1 / 2, 1 / 2],
    [0, 0, 1],
  ],
  outputTransform: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/** F(4, 3), at the points 0, ±1, ±2 and infinity: 36 multiplications instead of 144 for a tile in two dimensions. */
export const filtering4: Filtering = {
  stride: 1,
  inputTransform: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  kernelTransform: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  outputTransform: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
};

/**
 * Two outputs of a filter with stride 2: the outer taps see every second number, which is F(2, 2) with three
 * multiplications, and the middle one those between. 25 multiplications instead of 36 for a tile in two dimensions.
 */
export const filteringOfStride2: Filtering = {
  stride: 2,
  inputTransform: [
    [1, 0, -1, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, -1, 0, 1],
    [0, 1, 0, 0, 0],
    [0, 0, 0, 1, 0],
  ],
  kernelTransform: [
    [1, 0, 0],
    [1, 0, 1],
    [0, 0, 1],
    [0, 1, 0],
    [0, 1, 0],
  ],
  outputTransform: [
    [1, 1, 0, 1, 0],
    [0, 1, 1, 0, 1],
  ],
};

/** A linear map along an axis into tiles, and one out of them. Rows of tiles are counted by (multiplication, tile). */
export interface AxisFiltering {
  /** Multiplications of a tile. */
  readonly size: number;
  readonly tiles: number;
  /** [size · tiles, length before] */
  readonly toTiles: Matrix;
  /** [length after, size · tiles] */
  readonly fromTiles: Matrix;
}

/**
 * Filters an axis of `length` numbers, padded with zeros at both ends, to `filtered` numbers; the last tile may reach
 * beyond it.
 */
export function filterAxis(
  { stride, inputTransform, outputTransform }: Filtering,
  length: number,
  filtered: number,
  begin: number,
): AxisFiltering {
  const outputs = outputTransform.length;
  const size = inputTransform.length;
  const tiles = Math.ceil(filtered / outputs);
  const toTiles = inputTransform.flatMap((row) =>
    Array.from({ length: tiles }, (_, tile) => {
      const weights = new Array<number>(length).fill(0);
      row.forEach((weight, place) => {
        const at = tile * outputs * stride + place - begin;
        if (at >= 0 && at < length) weights[at] = weight;
      });
      return weights;
    }),
  );
  const fromTiles = Array.from({ length: filtered }, (_, at) => {
    const weights = new Array<number>(size * tiles).fill(0);
    outputTransform[at % outputs]?.forEach((weight, place) => {
      weights[place * tiles + Math.floor(at / outputs)] = weight;
    });
    return weights;
  });
  return { size, tiles, toTiles, fromTiles };
}

/** The transpose of a filtering: what it does to gradients. */
export function transposed({ size, tiles, toTiles, fromTiles }: AxisFiltering): AxisFiltering {
  return { size, tiles, toTiles: transposedMatrix(fromTiles), fromTiles: transposedMatrix(toTiles) };
}

function transposedMatrix(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] ?? 0));
}
