import { type Attack, type Binding, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { defaultStepSize } from '../fixed-budget/step.ts';
import { inNormOfBudget, type OptionsOf, type OptionTable } from '../options.ts';
import { type EstimateSettings, estimateProcedure } from './estimate.ts';

const options = {
  steps: {
    type: 'integer',
    unit: 'steps',
    default: 20,
    minimum: 1,
    maximum: 10_000,
    documentation: 'Steps of the image, each after 2 · pairs looks.',
  },
  pairs: {
    type: 'integer',
    unit: 'directions',
    default: 25,
    minimum: 1,
    maximum: 1000,
    documentation: 'Random directions behind one step, each looked along forward and backward.',
  },
  delta: {
    type: 'real',
    unit: 'pixels in [0,1]',
    default: 0.01,
    minimum: 1e-5,
    maximum: 1,
    documentation: 'How far along a direction is looked.',
  },
  stepSize: {
    type: 'real',
    unit: inNormOfBudget,
    default: undefined,
    minimum: 1e-6,
    documentation: 'Length of a step. Default: 2.5 · epsilon / steps.',
  },
} as const satisfies OptionTable;

function binder(kind: Pick<EstimateSettings, 'law' | 'rule'>) {
  return ({ steps, pairs, delta, stepSize: given }: OptionsOf<typeof options>, ball: Ball): Binding => {
    const stepSize = given ?? defaultStepSize(ball, steps);
    return {
      options: { steps, pairs, delta, stepSize },
      restarts: 1,
      procedure: estimateProcedure({ ...kind, moves: steps, pairs, delta, stepSize }, ball),
    };
  };
}

const estimator = {
  family: 'gradientFree',
  options,
  needs: ['loss'],
  objective: { kind: 'margin' },
  objectiveFixed: false,
} as const;

/** Natural evolution strategies. */
export const nes: Attack = defineAttack({
  ...estimator,
  name: 'nes',
  title: 'NES',
  summary:
    'Steps up a gradient estimated from the objective along normally distributed directions, forward and backward; along its sign (Linf) or direction (L2). Starts from the clean image; the last iterate is returned.',
  paper: 'Ilyas et al. 2018, arXiv:1804.08598',
  norms: ['linf', 'l2'],
  bind: binder({ law: 'normal', rule: 'steepest' }),
});

/** Simultaneous perturbation stochastic approximation. */
export const spsa: Attack = defineAttack({
  ...estimator,
  name: 'spsa',
  title: 'SPSA',
  summary:
    'Adam on a gradient estimated from the objective along random signs, forward and backward, projected into the ball. Starts from the clean image; the last iterate is returned.',
  paper: 'Uesato et al. 2018, arXiv:1802.05666',
  norms: ['linf'],
  bind: binder({ law: 'signs', rule: 'adam' }),
});
