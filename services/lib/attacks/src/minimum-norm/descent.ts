import type { OptionTable } from '../options.ts';
import { cosineSchedule } from './cosine.ts';

/** Options of attacks that descend in steps of falling length. */
export const descentOptions = {
  steps: {
    type: 'integer',
    unit: 'steps',
    default: 100,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Gradient steps.',
  },
  stepSize: {
    type: 'real',
    unit: 'pixels in [0,1], L2 whatever the norm',
    default: 1,
    minimum: 1e-6,
    documentation: 'Length of the first step; the lengths fall to a hundredth of it along a cosine.',
  },
} as const satisfies OptionTable;

/** Steps end at this share of the length they begin with. */
const lastShare = 0.01;

/** Lengths of the steps, one each. */
export function descentLengths(stepSize: number, steps: number): readonly number[] {
  return cosineSchedule(stepSize, lastShare * stepSize, steps);
}
