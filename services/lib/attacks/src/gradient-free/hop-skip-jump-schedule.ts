import { elementCount } from '@parallax/tensor';
import type { Ball } from '../budget.ts';

/** As many halvings as a float32 number has digits. */
const mostHalvings = 24;

/**
 * Halvings of a search for the boundary: until the interval is the share θ of what it was, γ/d^(3/2) in L2 and γ/d² in Linf
 * for images of d numbers, as far as float32 tells numbers apart.
 */
export function halvingsOf(gamma: number, { norm, dims }: Pick<Ball, 'norm' | 'dims'>): number {
  const power = norm.name === 'linf' ? 2 : 1.5;
  const precision = gamma / elementCount(dims) ** power;
  return Math.max(1, Math.min(mostHalvings, Math.ceil(-Math.log2(precision))));
}

/** Probes of every round that so many looks leave room for: they grow as the root of its number. */
export function probesByRound(
  given: {
    readonly queries: number;
    readonly firstProbes: number;
    readonly mostProbes: number;
    readonly gamma: number;
  },
  ball: Pick<Ball, 'norm' | 'dims'>,
): readonly number[] {
  const others = halvingsOf(given.gamma, ball) + 1;
  const probes: number[] = [];
  for (let left = given.queries; left > 0; left -= others + (probes.at(-1) ?? 0)) {
    probes.push(Math.min(Math.floor(given.firstProbes * Math.sqrt(probes.length + 1)), given.mostProbes));
  }
  return probes;
}
