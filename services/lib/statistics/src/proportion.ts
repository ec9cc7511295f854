import { confidenceLevel, type Interval, standardScore } from './interval.ts';

/** An estimated probability. The fields are those of `parallax.common.v1.Proportion`. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
  /** successes / trials; 0 without trials. */
  readonly value: number;
  /** Wilson score interval at 95 %; [0, 1] without trials. */
  readonly interval: Interval;
}

/**
 * `successes` of `trials`, with the Wilson score interval (Wilson 1927). Unlike the textbook interval it neither leaves
 * [0, 1] nor shrinks to a point at 0 or all successes, where robust accuracies often are.
 */
export function proportion(successes: number, trials: number): Proportion {
  if (!Number.isInteger(trials) || !Number.isInteger(successes) || successes < 0 || successes > trials) {
    throw new RangeError(`proportion: expected integers 0 ≤ successes ≤ trials, got ${successes} of ${trials}`);
  }
  if (trials === 0) return { successes, trials, value: 0, interval: { lower: 0, upper: 1, level: confidenceLevel } };
  const value = successes / trials;
  const square = standardScore ** 2 / trials;
  const centre = (value + square / 2) / (1 + square);
  const radius = (standardScore * Math.sqrt((value * (1 - value)) / trials + square / (4 * trials))) / (1 + square);
  // At the ends the formula gives 0 and 1 but for rounding.
  const lower = successes === 0 ? 0 : centre - radius;
  const upper = successes === trials ? 1 : centre + radius;
  return { successes, trials, value, interval: { lower, upper, level: confidenceLevel } };
}

/** The proportion over all trials of several experiments of one kind. */
export function poolProportions(parts: readonly { readonly successes: number; readonly trials: number }[]): Proportion {
  return proportion(
    parts.reduce((sum, { successes }) => sum + successes, 0),
    parts.reduce((sum, { trials }) => sum + trials, 0),
  );
}
