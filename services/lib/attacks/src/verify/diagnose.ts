import type { SampleOutcome } from '../near/outcome.ts';

/** One check of whether the attack itself worked: a failure says that the verdicts may be too kind to the encoder. */
export interface Diagnostic {
  readonly name: 'zero-gradient-rate' | 'nan-gradient-rate' | 'loss-increases';
  readonly passed: boolean;
  readonly value: number;
  /** The bound that `value` was held against. */
  readonly threshold: number;
  /** What it means, in one sentence. */
  readonly detail: string;
}

/** More steps without a direction than this point to a masked or saturated gradient. */
const mostZeroGradients = 0.1;

/** Where the loss rises for fewer samples than this, the attack does not optimise what it should. */
const leastIncreases = 0.9;

/**
 * Checks an attack by what it says about its samples. `backwardPerStep` are the gradients behind one step: several draws
 * are averaged, and it is their mean that is looked at.
 */
export function diagnose(outcomes: readonly SampleOutcome[], backwardPerStep = 1): readonly Diagnostic[] {
  const attacked = outcomes.filter((outcome) => outcome.attacked);
  const steps = attacked.reduce((sum, { backward }) => sum + backward, 0) / backwardPerStep;
  const rate = (of: (outcome: SampleOutcome) => number): number =>
    steps === 0 ? 0 : attacked.reduce((sum, outcome) => sum + of(outcome), 0) / steps;
  const zero = rate(({ zeroGradient }) => zeroGradient);
  const nan = rate(({ nanGradient }) => nanGradient);
  const increased = attacked.filter(({ loss, cleanLoss }) => loss > cleanLoss).length;
  const increases = attacked.length === 0 ? 1 : increased / attacked.length;
  return [
    {
      name: 'zero-gradient-rate',
      passed: zero <= mostZeroGradients,
      value: zero,
      threshold: mostZeroGradients,
      detail: 'Share of steps whose gradient was zero everywhere, so that the attack did not know where to go.',
    },
    {
      name: 'nan-gradient-rate',
      passed: nan === 0,
      value: nan,
      threshold: 0,
      detail: 'Share of steps that were skipped because the gradient held a NaN or an infinity.',
    },
    {
      name: 'loss-increases',
      passed: increases >= leastIncreases,
      value: increases,
      threshold: leastIncreases,
      detail: 'Share of attacked samples whose loss is higher on the returned image than on the clean one.',
    },
  ];
}
