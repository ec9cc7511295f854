import type { Budget } from '../budget.ts';

/** The size of a perturbation in every norm, in float64, and whether what is stored is an image at all. */
export interface Measure {
  /** Values that differ. */
  readonly l0: number;
  /** Sum of absolute differences. */
  readonly l1: number;
  /** Euclidean length of the difference. */
  readonly l2: number;
  /** Largest absolute difference. */
  readonly linf: number;
  /** Every value is a number in [0,1]. */
  readonly isImage: boolean;
}

/** Compares a stored image with its clean one, value by value. Norms are NaN where the stored image holds a NaN. */
export function measure(clean: Float32Array, stored: Float32Array): Measure {
  let l0 = 0;
  let l1 = 0;
  let squares = 0;
  let linf = 0;
  let isImage = true;
  for (const [index, value] of stored.entries()) {
    const difference = Math.abs(value - (clean[index] as number));
    if (difference !== 0) l0++;
    l1 += difference;
    squares += difference * difference;
    linf = Math.max(linf, difference);
    isImage &&= value >= 0 && value <= 1;
  }
  return { l0, l1, l2: Math.sqrt(squares), linf, isImage };
}

/** What float32 arithmetic may add to a norm, as a share of epsilon. */
export const normTolerance = 1e-5;

/** Whether a stored image is one the attack was not allowed to make. */
export function isOverBudget(size: Measure, { norm, epsilon }: Budget): boolean {
  return !size.isImage || !(size[norm] <= epsilon * (1 + normTolerance));
}
