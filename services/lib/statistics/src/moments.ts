import { confidenceLevel, type Interval, standardScore } from './interval.ts';

/** Mean and spread of some real numbers. */
export interface Moments {
  readonly mean: number;
  /** Standard deviation of the samples, as an estimate (divided by samples − 1); 0 for one sample. */
  readonly deviation: number;
  /** How many numbers, ≥ 1. */
  readonly samples: number;
}

/** The interval of a mean at 95 %, by normal approximation. */
export function normalInterval({ mean, deviation, samples }: Moments): Interval {
  const radius = (standardScore * deviation) / Math.sqrt(samples);
  return { lower: mean - radius, upper: mean + radius, level: confidenceLevel };
}

/** Mean and spread of all numbers together, from those of disjoint parts (Chan et al. 1983). At least one part. */
export function poolMoments(parts: readonly Moments[]): Moments {
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  const mean = parts.reduce((sum, part) => sum + part.mean * part.samples, 0) / samples;
  const squares = parts.reduce(
    (sum, part) => sum + part.deviation ** 2 * (part.samples - 1) + (part.mean - mean) ** 2 * part.samples,
    0,
  );
  return { mean, deviation: samples > 1 ? Math.sqrt(squares / (samples - 1)) : 0, samples };
}
