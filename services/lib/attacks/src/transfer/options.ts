import type { Attack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
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
    unit: 'pixels in [0,1], in the norm of the budget',
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

/** With the step size that follows from the others where none is given. */
export function settingsOf(
  { steps, stepSize, decay }: OptionsOf<typeof momentumOptions>,
  { epsilon }: Ball,
): MomentumSettings {
  return { steps, stepSize: stepSize ?? epsilon / steps, decay };
}
