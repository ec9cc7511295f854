import type { NormName } from '../norms/norm.ts';
import type { Vector } from './reference.ts';

// Steps to linearised boundaries and FAB once more: for one image, in float64, as loops over numbers.

export function sizeOf(change: Vector, norm: NormName): number {
  const sizes = change.map(Math.abs);
  if (norm === 'l1') return sizes.reduce((sum, size) => sum + size, 0);
  return norm === 'linf' ? Math.max(...sizes) : Math.hypot(...sizes);
}

export function difference(a: Vector, b: Vector): Vector {
  return a.map((value, pixel) => value - (b[pixel] ?? Number.NaN));
}

/**
 * The step of least norm within the box from `x`, where a linear function with this gradient has this value, to where it is
 * 0. All pixels move until the first stops at the box, then all others until the next stops: the pieces are tried in turn.
 */
export function exactStepToZero(x: Vector, value: number, gradient: Vector, norm: NormName): Vector {
  if (norm === 'l1') return steepestFirst(x, value, gradient);
  const wanted = Math.abs(value);
  const pixels = gradient.map((slope, pixel) => {
    const toward = value < 0 ? Math.sign(slope) : -Math.sign(slope);
    const here = x[pixel] ?? Number.NaN;
    const rate = norm === 'linf' ? Math.abs(toward) : Math.abs(slope);
    const room = toward > 0 ? 1 - here : here;
    return { toward, slope: Math.abs(slope), rate, room, stop: rate === 0 ? 0 : room / rate };
  });
  const order = [...pixels].sort((a, b) => a.stop - b.stop);
  let speed = order.reduce((sum, { slope, rate }) => sum + slope * rate, 0);
  let gained = 0;
  let multiplier = Number.POSITIVE_INFINITY;
  for (const { slope, rate, room, stop } of order) {
    if (gained + speed * stop >= wanted) {
      multiplier = (wanted - gained) / speed;
      break;
    }
    gained += slope * room;
    speed -= slope * rate;
  }
  return pixels.map(({ toward, rate, room }) => (rate === 0 ? 0 : toward * Math.min(multiplier * rate, room)));
}

/** In L1 the pixels move in turn, the steepest first. */
function steepestFirst(x: Vector, value: number, gradient: Vector): Vector {
  const step = x.map(() => 0);
  let missing = Math.abs(value);
  const order = [...gradient.keys()].sort((a, b) => Math.abs(gradient[b] ?? 0) - Math.abs(gradient[a] ?? 0));
  for (const pixel of order) {
    const slope = gradient[pixel] ?? 0;
    if (missing <= 0 || slope === 0) break;
    const toward = value < 0 ? Math.sign(slope) : -Math.sign(slope);
    const room = toward > 0 ? 1 - (x[pixel] ?? 0) : (x[pixel] ?? 0);
    const move = Math.min(room, missing / Math.abs(slope));
    step[pixel] = toward * move;
    missing -= Math.abs(slope) * move;
  }
  return step;
}

export interface FabMemory {
  readonly x: Vector;
  readonly nearest: Vector;
  /** Infinite until an iterate has broken the sample. */
  readonly distance: number;
}

export interface SeenByFab {
  readonly loss: number;
  readonly gradient: Vector;
  readonly broken: boolean;
}

/** How far a linearised boundary is where the function has this value and gradient, without the box. */
export function boundaryDistance(value: number, gradient: Vector, norm: NormName): number {
  const dual = { linf: 'l1', l2: 'l2', l1: 'linf' } as const;
  // Where no unit is active there is neither.
  return Math.abs(value) / (sizeOf(gradient, dual[norm]) + 1e-12);
}

/** Of what was seen at `x` of several classes, that whose boundary is nearest from where the next iteration sets out. */
export function nearestSeen(seen: readonly SeenByFab[], { x }: Pick<FabMemory, 'x'>, clean: Vector, norm: NormName) {
  const distances = seen.map(({ loss, gradient, broken }) => {
    const way = x.map((value, pixel) => (broken ? -0.1 * (value - (clean[pixel] ?? 0)) : 0));
    const value = loss + gradient.reduce((sum, slope, pixel) => sum + slope * (way[pixel] ?? 0), 0);
    return boundaryDistance(value, gradient, norm);
  });
  return seen[distances.indexOf(Math.min(...distances))] as SeenByFab;
}

/** One iteration of Algorithm 2 of Moosavi-Dezfooli et al. 2016, with the push of their code: the moves so far and one more. */
export function deepFoolMove(sum: Vector, seen: readonly Omit<SeenByFab, 'broken'>[], norm: 'l2' | 'linf'): Vector {
  const distances = seen.map(({ loss, gradient }) => boundaryDistance(loss, gradient, norm));
  const away = Math.min(...distances);
  const { gradient = [] } = seen[distances.indexOf(away)] ?? {};
  const length = Math.max(sizeOf(gradient, 'l2'), 1e-12);
  return sum.map((value, pixel) => {
    const slope = gradient[pixel] ?? 0;
    return value + (away + 1e-4) * (norm === 'l2' ? slope / length : Math.sign(slope));
  });
}

/** One iteration of Algorithm 1 of Croce & Hein 2020, with the published constants, from having looked at `x`. */
export function fabTurn(
  { x, nearest, distance }: FabMemory,
  seen: SeenByFab,
  clean: Vector,
  norm: NormName,
): FabMemory {
  const [alphaMax, eta, beta] = [0.1, 1.05, 0.9];
  const away = sizeOf(difference(x, clean), norm);
  const isNearest = seen.broken && away < distance;
  const valueAt = (point: Vector): number =>
    seen.loss + seen.gradient.reduce((sum, slope, pixel) => sum + slope * ((point[pixel] ?? 0) - (x[pixel] ?? 0)), 0);
  const from = seen.broken ? x.map((value, pixel) => (1 - beta) * (clean[pixel] ?? 0) + beta * value) : x;
  const step = exactStepToZero(from, valueAt(from), seen.gradient, norm);
  const cleanStep = exactStepToZero(clean, valueAt(clean), seen.gradient, norm);
  const [length, cleanLength] = [Math.max(sizeOf(step, norm), 1e-8), Math.max(sizeOf(cleanStep, norm), 1e-8)];
  const alpha = Math.min(length / (length + cleanLength), alphaMax);
  const moved = from.map((value, pixel) => {
    const ahead = value + eta * (step[pixel] ?? 0);
    const cleanAhead = (clean[pixel] ?? 0) + eta * (cleanStep[pixel] ?? 0);
    return Math.max(0, Math.min(1, (1 - alpha) * ahead + alpha * cleanAhead));
  });
  return { x: moved, nearest: isNearest ? x : nearest, distance: isNearest ? away : distance };
}
