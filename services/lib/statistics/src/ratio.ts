import { confidenceLevel, type Interval, standardScore } from './interval.ts';
import type { Proportion } from './proportion.ts';

/** A ratio of two proportions with its interval. */
export interface Ratio {
  readonly value: number;
  readonly interval: Interval;
}

/**
 * numerator / denominator of two independent proportions, never clamped, with the interval of Katz et al. 1978 (delta
 * method on the logarithm). Undefined when the denominator is below 1 / trials: a ratio to nothing says nothing.
 *
 * A numerator of 0 has no logarithm; the lower end is then 0, and the upper end is that of half a success.
 */
export function ratio(numerator: Proportion, denominator: Proportion): Ratio | undefined {
  if (numerator.trials === 0 || denominator.successes < 1) return undefined;
  const value = numerator.value / denominator.value;
  const successes = Math.max(numerator.successes, 0.5);
  const centre = successes / numerator.trials / denominator.value;
  const variance = 1 / successes - 1 / numerator.trials + 1 / denominator.successes - 1 / denominator.trials;
  const factor = Math.exp(standardScore * Math.sqrt(variance));
  const lower = numerator.successes === 0 ? 0 : centre / factor;
  return { value, interval: { lower, upper: centre * factor, level: confidenceLevel } };
}
