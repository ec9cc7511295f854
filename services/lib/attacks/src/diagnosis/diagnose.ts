import type { SampleOutcome } from '../near/outcome.ts';
import type { SampleRecord } from '../verify/record.ts';
import type { Diagnostic } from './diagnostic.ts';

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
      samples: attacked.length,
      detail: 'Share of steps whose gradient was zero everywhere, so that the attack did not know where to go.',
    },
    {
      name: 'nan-gradient-rate',
      passed: nan === 0,
      value: nan,
      threshold: 0,
      samples: attacked.length,
      detail: 'Share of steps that were skipped because the gradient held a NaN or an infinity.',
    },
    {
      name: 'loss-increases',
      passed: increases >= leastIncreases,
      value: increases,
      threshold: leastIncreases,
      samples: attacked.length,
      detail: 'Share of attacked samples whose loss is higher on the returned image than on the clean one.',
    },
  ];
}

/** Where attacks without gradients break more of the samples that those with gradients have left, gradients mislead. */
export const mostBlackBox = 0.02;

/**
 * Checks a cascade of attacks with and without gradients by its records: the share of the samples that were right clean
 * which only a stage without gradients has broken. Nothing where the stages are all of one kind.
 */
export function diagnoseStages(
  records: readonly SampleRecord[],
  stages: readonly { readonly name: string; readonly takesGradients: boolean }[],
): readonly Diagnostic[] {
  const blackBox = new Set(stages.filter(({ takesGradients }) => !takesGradients).map(({ name }) => name));
  if (blackBox.size === 0 || stages.every(({ takesGradients }) => !takesGradients)) return [];
  const right = records.filter(({ cleanCorrect }) => cleanCorrect).length;
  const only = records.filter(({ brokenBy }) => blackBox.has(brokenBy)).length;
  const value = right === 0 ? 0 : only / right;
  return [
    {
      name: 'black-box-not-stronger',
      passed: value <= mostBlackBox,
      value,
      threshold: mostBlackBox,
      samples: records.length,
      detail: 'Share of samples that only an attack without gradients has broken, which points to masked gradients.',
    },
  ];
}
