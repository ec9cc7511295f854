import { InputError } from '@parallax/config';
import type { Attack, Binding, Procedure, State } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { inNormOfBudget, type OptionsOf, type OptionTable } from '../options.ts';
import { diversified } from './diversity.ts';
import type { MomentumSettings } from './momentum.ts';

/** What the attacks of this family have in common. */
export const transferAttack = {
  family: 'transfer',
  norms: ['linf', 'l2'],
  needs: ['gradient'],
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
} as const satisfies Partial<Attack>;

/** The options that all of them have. */
export const momentumOptions = {
  steps: {
    type: 'integer',
    unit: 'moves',
    default: 10,
    minimum: 1,
    maximum: 10_000,
    documentation: 'Moves of the iterate. Each costs one gradient, unless the attack looks at several images a move.',
  },
  stepSize: {
    type: 'real',
    unit: inNormOfBudget,
    default: undefined,
    minimum: 1e-6,
    documentation: 'Length of a move. Default: epsilon / steps.',
  },
  decay: {
    type: 'real',
    unit: '',
    default: 1,
    minimum: 0,
    maximum: 10,
    documentation:
      'Factor by which the sum of the gradients before counts in a move (μ); 0 leaves the gradient of the move alone.',
  },
} as const satisfies OptionTable;

/** The options of those that can look at diverse inputs. */
export const diversityOptions = {
  diversity: {
    type: 'real',
    unit: 'probability',
    default: 0,
    minimum: 0,
    maximum: 1,
    documentation:
      'How likely each look is at the image resized to a random smaller side and put at a random place on black, instead of at the image itself, as in DI-FGSM.',
  },
  resizeRate: {
    type: 'real',
    unit: 'share of the side',
    default: undefined,
    minimum: 0.1,
    maximum: 1,
    documentation:
      'The least side of resized images; the sides from it on up to one less than the image are as likely. Default: 0.9.',
  },
} as const satisfies OptionTable;

export const usualResizeRate = 0.9;

/**
 * An attack with diverse inputs, where they are asked for, and the options that say so.
 * @throws InputError for a resize rate without diversity.
 */
export function diverse<S extends State>(
  procedure: Procedure<S>,
  { diversity, resizeRate }: OptionsOf<typeof diversityOptions>,
  { dims }: Ball,
): Pick<Binding, 'options' | 'procedure'> {
  if (diversity > 0) {
    const options = { diversity, resizeRate: resizeRate ?? usualResizeRate };
    return { options, procedure: diversified(procedure, options, dims) };
  }
  if (resizeRate === undefined) return { options: { diversity }, procedure };
  const expected = 'absent, as diversity is 0 and nothing is resized';
  throw new InputError([{ field: 'options.resizeRate', expected, got: String(resizeRate) }]);
}

/** With the step size that follows from the others where none is given. */
export function settingsOf(
  { steps, stepSize, decay }: OptionsOf<typeof momentumOptions>,
  { epsilon }: Ball,
): MomentumSettings {
  return { steps, stepSize: stepSize ?? epsilon / steps, decay };
}
