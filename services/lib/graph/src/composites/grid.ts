import {
  add,
  and,
  cast,
  clip,
  div,
  equal,
  expand,
  floor,
  gatherElements,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  mul,
  neg,
  reshapeTo,
  round,
  sub,
  unsqueeze,
  where,
} from '../build.ts';
import { shapeSize } from '../dims.ts';
import { fixed } from '../operators/shared.ts';
import type { Value } from '../value.ts';

/** Which entries of an axis a place mixes: their indices (whole numbers as floats, any) and their weights. */
export interface Tap {
  readonly index: Value;
  /** null: 1. */
  readonly weight: Value | null;
}

/** The two neighbours of a place, weighted by how near they are. */
export function linearTaps(place: Value): readonly Tap[] {
  const first = floor(place);
  const beyond = sub(place, first);
  return [
    { index: first, weight: sub(1, beyond) },
    { index: add(first, 1), weight: beyond },
  ];
}

/** The entry next to a place; of two equally near ones the even one. */
export function nearestTap(place: Value): readonly Tap[] {
  return [{ index: round(place), weight: null }];
}

/** Parameter of the cubic kernel, PyTorch's and ONNX's. */
const sharpness = -0.75;

/** The four neighbours of a place under the cubic convolution kernel (Keys, 1981). */
export function cubicTaps(place: Value): readonly Tap[] {
  const first = floor(place);
  const beyond = sub(place, first);
  const near = (t: Value): Value => add(mul(mul(sub(mul(t, sharpness + 2), sharpness + 3), t), t), 1);
  const far = (t: Value): Value =>
    sub(mul(add(mul(sub(mul(t, sharpness), 5 * sharpness), t), 8 * sharpness), t), 4 * sharpness);
  return [
    { index: sub(first, 1), weight: far(add(beyond, 1)) },
    { index: first, weight: near(beyond) },
    { index: add(first, 1), weight: near(sub(1, beyond)) },
    { index: add(first, 2), weight: far(sub(2, beyond)) },
  ];
}

/** A place held within the axis; at its ends and outside it has no gradient (PyTorch's `grid_sample`). */
export function within(place: Value, length: number): Value {
  const last = length - 1;
  return where(greater(place, 0), where(less(place, last), place, last), 0);
}

/** A place mirrored at the ends of the axis until it lies inside: at the outer entries' middles, or at their outer edges. */
export function reflected(place: Value, length: number, alignCorners: boolean): Value {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? length - 1 : length;
  if (span === 0) return mul(place, 0);
  const from = sub(place, low);
  const distance = where(less(from, 0), neg(from), from);
  const turns = floor(div(distance, span));
  const rest = sub(distance, mul(turns, span));
  const even = equal(sub(turns, mul(floor(div(turns, 2)), 2)), 0);
  return within(add(where(even, rest, sub(span, rest)), low), length);
}

/** Where to sample: for each spatial axis the taps of every place, each [N, places]. */
export interface Sampling {
  readonly taps: readonly (readonly Tap[])[];
  /** Brings an index into an axis; those it leaves outside count as zeros. */
  readonly bring: (index: Value, length: number) => Value;
}

/**
 * Mixes entries of x [N, C, ...spatial] → [N, C, places]: the sum over all combinations of one tap per axis, each entry
 * times the product of its weights.
 */
export function sample(x: Value, { taps, bring }: Sampling): Value {
  const [batch = 1, channels, ...spatial] = x.shape;
  const count = fixed('GridSample', 'channels', channels);
  const lengths = spatial.map((dim) => fixed('GridSample', 'spatial', dim));
  const flat = reshapeTo(x, [batch, count, shapeSize(lengths)]);
  const placed = taps.map((along, axis) => along.map((tap) => placedTap(tap, lengths[axis] ?? 1, bring)));
  const combinations = placed.reduce<readonly (readonly PlacedTap[])[]>(
    (all, along) => all.flatMap((chosen) => along.map((tap) => [...chosen, tap])),
    [[]],
  );
  const terms = combinations.map((chosen) => {
    const index = chosen
      .map((tap) => tap.index)
      .reduce((linear, each, axis) => add(mul(linear, lengths[axis] ?? 1), each));
    const picked = gatherElements(flat, expand(unsqueeze(cast(index, 'int64'), [1]), [1, count, 1]), 2);
    const weights = chosen.flatMap((tap) => (tap.weight === null ? [] : [tap.weight]));
    return weights.length === 0 ? picked : mul(picked, unsqueeze(weights.reduce(mul), [1]));
  });
  return terms.reduce(add);
}

interface PlacedTap {
  /** Within the axis. */
  readonly index: Value;
  readonly weight: Value | null;
}

function placedTap({ index, weight }: Tap, length: number, bring: Sampling['bring']): PlacedTap {
  const at = bring(index, length);
  const inside = and(greaterOrEqual(at, 0), lessOrEqual(at, length - 1));
  const held = clip(at, 0, length - 1);
  const kept = weight === null ? cast(inside, index.dtype) : where(inside, weight, 0);
  return { index: held, weight: kept };
}
