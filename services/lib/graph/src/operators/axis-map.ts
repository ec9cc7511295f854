import { matMul, reshapeTo } from '../build.ts';
import { multiplyDims, shapeSize } from '../dims.ts';
import type { Value } from '../value.ts';
import { constantLike } from './shared.ts';

/** A linear map along one axis: `weights[to][from]`, row by row. */
export interface AxisMap {
  readonly to: number;
  readonly from: number;
  readonly weights: Float64Array;
}

/** The map with the row of each place filled in by `row`, which adds weights to places of the source. */
export function createAxisMap(
  to: number,
  from: number,
  row: (place: number, add: (source: number, weight: number) => void) => void,
): AxisMap {
  const weights = new Float64Array(to * from);
  for (let place = 0; place < to; place++) {
    row(place, (source, weight) => {
      const at = place * from + source;
      weights[at] = (weights[at] ?? 0) + weight;
    });
  }
  return { to, from, weights };
}

export function isIdentity({ to, from, weights }: AxisMap): boolean {
  return to === from && weights.every((weight, at) => weight === (at % (from + 1) === 0 ? 1 : 0));
}

/** How often every place of the source is repeated, if that is all that the map does. */
export function repetition({ to, from, weights }: AxisMap): number | undefined {
  const times = to / from;
  if (!Number.isInteger(times)) return undefined;
  const repeats = weights.every((weight, at) => weight === (Math.floor(at / from / times) === at % from ? 1 : 0));
  return repeats ? times : undefined;
}

export function transposed({ to, from, weights }: AxisMap): AxisMap {
  return { to: from, from: to, weights: weights.map((_, at) => weights[(at % to) * from + Math.floor(at / to)] ?? 0) };
}

/** y[…, to, …] = Σ weights[to][from] · x[…, from, …] along an axis. */
export function mapAxis(x: Value, axis: number, map: AxisMap): Value {
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  if (after.length === 0) return matMul(x, matrixLike(x, transposed(map)));
  const rows = reshapeTo(x, [before.reduce(multiplyDims, 1), map.from, shapeSize(after)]);
  return reshapeTo(matMul(matrixLike(x, map), rows), [...before, map.to, ...after]);
}

function matrixLike(x: Value, { to, from, weights }: AxisMap): Value {
  return constantLike(x, [to, from], weights);
}
