import type { Vector } from './reference.ts';
import { difference, sizeOf } from './reference-boundary.ts';

// HopSkipJump once more: for one image, in float64, as the loops of the paper.

export interface HopSkipJumpSetting {
  readonly norm: 'linf' | 'l2';
  readonly firstProbes: number;
  readonly mostProbes: number;
  readonly gamma: number;
}

/** What came of a look. */
export interface Verdict {
  /** The image as it was looked at. */
  readonly image: Vector;
  readonly reached: boolean;
  /** Numbers for the next look: normal in L2, uniform in [0,1) in Linf. */
  readonly drawn: Vector;
}

/** What is to be looked at next, and why. */
export interface Ask {
  readonly image: Vector;
  readonly purpose: 'seek' | 'search' | 'probe' | 'leap';
}

const clipped = (image: Vector): Vector => image.map((value) => Math.max(0, Math.min(1, value)));

const along = (image: Vector, way: Vector, length: number): Vector =>
  clipped(image.map((value, pixel) => value + length * (way[pixel] ?? 0)));

/** Algorithm 2 of Chen et al. 2020, with the geometric search for the length of a step; never ends. */
export function* hopSkipJump(
  clean: Vector,
  start: Vector,
  { norm, firstProbes, mostProbes, gamma }: HopSkipJumpSetting,
): Generator<Ask, never, Verdict> {
  const d = clean.length;
  const theta = norm === 'l2' ? gamma / (d * Math.sqrt(d)) : gamma / d ** 2;
  let seen = yield { image: start, purpose: 'seek' };
  while (!seen.reached) seen = yield { image: noiseOf(seen.drawn, norm), purpose: 'seek' };
  for (let round = 1; ; round++) {
    const outside = seen.image;
    const distance = sizeOf(difference(outside, clean), norm);
    let boundary = outside;
    let [low, high] = [0, 1];
    while (high - low > theta) {
      const middle = (low + high) / 2;
      seen = yield { image: between(clean, outside, middle, norm), purpose: 'search' };
      if (seen.reached) [high, boundary] = [middle, seen.image];
      else low = middle;
    }
    const delta = round === 1 ? 0.1 : (norm === 'l2' ? Math.sqrt(d) : d) * theta * distance;
    const probes: { readonly way: Vector; readonly sign: number }[] = [];
    while (probes.length < Math.min(Math.trunc(firstProbes * Math.sqrt(round)), mostProbes)) {
      seen = yield { image: along(boundary, directionOf(seen.drawn, norm), delta), purpose: 'probe' };
      const way = difference(seen.image, boundary).map((value) => value / delta);
      probes.push({ way, sign: seen.reached ? 1 : -1 });
    }
    const across = wayAcross(probes, norm);
    let length = sizeOf(difference(boundary, clean), norm) / Math.sqrt(round);
    seen = yield { image: along(boundary, across, length), purpose: 'leap' };
    while (!seen.reached) {
      length /= 2;
      seen = yield { image: along(boundary, across, length), purpose: 'leap' };
    }
  }
}

/** On the line in L2, clipped to a smaller cube in Linf. */
function between(clean: Vector, outside: Vector, share: number, norm: 'linf' | 'l2'): Vector {
  const change = difference(outside, clean);
  const most = share * sizeOf(change, 'linf');
  return clean.map((value, pixel) => {
    const each = change[pixel] ?? 0;
    return value + (norm === 'l2' ? share * each : Math.max(-most, Math.min(most, each)));
  });
}

function directionOf(drawn: Vector, norm: 'linf' | 'l2'): Vector {
  const raw = norm === 'l2' ? drawn : drawn.map((value) => 2 * value - 1);
  return raw.map((value) => value / Math.hypot(...raw));
}

/** Equation 16, and the plain mean where all probes were judged alike. */
function wayAcross(probes: readonly { readonly way: Vector; readonly sign: number }[], norm: 'linf' | 'l2'): Vector {
  const mean = probes.reduce((sum, { sign }) => sum + sign, 0) / probes.length;
  const baseline = Math.abs(mean) === 1 ? 0 : mean;
  const estimate = (probes[0]?.way ?? []).map((_, pixel) =>
    probes.reduce((sum, { way, sign }) => sum + (sign - baseline) * (way[pixel] ?? 0), 0),
  );
  return norm === 'l2' ? estimate.map((value) => value / Math.hypot(...estimate)) : estimate.map(Math.sign);
}

/** Uniform noise from what was drawn. */
export function noiseOf(drawn: Vector, norm: 'linf' | 'l2'): Vector {
  return norm === 'l2' ? drawn.map(normalDistribution) : drawn;
}

/** The probability that a normal number is less, by the power series of the integral around 0. */
function normalDistribution(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= -(x * x) / (2 * n);
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}
