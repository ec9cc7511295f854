/** A confidence interval, ends included. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** Confidence level in (0, 1). */
  readonly level: number;
}

/** The level of every interval. */
export const confidenceLevel = 0.95;

/** The quantile of the standard normal distribution that belongs to it, two-sided: Φ(z) = 0.975. */
export const standardScore = 1.959963984540054;
