import type { Tensor } from '@parallax/tensor';

/** How far a tensor is from the same tensor computed elsewhere. */
export interface Difference {
  /** Largest L2 distance of a row from the expected one, relative to the norm of that. */
  readonly relative: number;
  /** Entries that are NaN or infinite on one side only. */
  readonly notFinite: number;
}

/** Rows whose norm is below this are compared by their distance alone: what is left of them is rounding. */
const smallestNorm = 1e-3;

/** Compares two tensors of one shape in `rows` equal parts (samples), each relative to its own size; the worst of all. */
export function compareTensors(got: Tensor, expected: Tensor, rows = 1): Difference {
  const differences = compareRows(got, expected, rows);
  return {
    relative: Math.max(0, ...differences.map(({ relative }) => relative)),
    notFinite: differences.reduce((sum, { notFinite }) => sum + notFinite, 0),
  };
}

/** The same, of each part. */
export function compareRows(got: Tensor, expected: Tensor, rows: number): readonly Difference[] {
  const [a, b] = [numbersOf(got), numbersOf(expected)];
  const length = b.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let [distance, norm, notFinite] = [0, 0, 0];
    for (let at = row * length; at < (row + 1) * length; at++) {
      const [x, y] = [a[at] ?? 0, b[at] ?? 0];
      if (!Number.isFinite(x) || !Number.isFinite(y)) notFinite += Object.is(x, y) ? 0 : 1;
      else {
        distance += (x - y) ** 2;
        norm += y ** 2;
      }
    }
    return { relative: Math.sqrt(distance) / Math.max(Math.sqrt(norm), smallestNorm), notFinite };
  });
}

/** How many units of a layer stand above 0 on one side only, of how many. */
export function flippedSigns(
  a: Tensor | undefined,
  b: Tensor | undefined,
): { readonly flipped: number; readonly units: number } {
  const flipped = Array.prototype.filter.call(
    a?.data ?? [],
    (value, index) => value > 0 !== Number(b?.data[index]) > 0,
  );
  return { flipped: flipped.length, units: a?.data.length ?? 0 };
}

function numbersOf({ data }: Tensor): Float64Array {
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}
