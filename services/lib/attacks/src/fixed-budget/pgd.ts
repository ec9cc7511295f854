import { InputError } from '@parallax/config';
import { add, mul, type Value } from '@parallax/graph';
import { type Attack, type Binding, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import { projected } from './step.ts';

type PgdState = { readonly images: Value };

export interface PgdSettings {
  readonly steps: number;
  /** In the unit of the ball. */
  readonly stepSize: number;
  readonly randomStart: boolean;
}

/** Steps of a fixed length up the gradient, projected into ball and box; the last iterate is the result. */
export function pgdProcedure({ steps, stepSize, randomStart }: PgdSettings, ball: Ball): Procedure<PgdState> {
  const { norm, radius, dims } = ball;
  return {
    steps,
    init: (clean, draw) => ({
      images: randomStart ? projected(add(clean, mul(norm.inside(draw, dims), radius)), clean, ball) : clean,
    }),
    query: ({ images }) => images,
    update: ({ images }, { gradient }, { clean }) => ({
      images: projected(add(images, mul(norm.steepest(gradient), stepSize)), clean, ball),
    }),
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}

/** Enough steps of default length to cross the ball even when every other one is lost. */
const defaultReach = 2.5;

const options = {
  steps: {
    type: 'integer',
    unit: 'steps',
    default: 10,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Gradient steps.',
  },
  stepSize: {
    type: 'real',
    unit: 'pixels in [0,1], in the norm of the budget',
    default: undefined,
    minimum: 1e-6,
    documentation: 'Length of a step. Default: 2.5 · epsilon / steps.',
  },
  randomStart: {
    type: 'boolean',
    unit: '',
    default: true,
    documentation:
      'Start at a random point of the ball (Linf: uniform in the box; L2: Gaussian direction, uniform radius) instead of the clean image.',
  },
  restarts: {
    type: 'integer',
    unit: 'starts',
    default: 1,
    minimum: 1,
    maximum: 1000,
    documentation: 'Independent random starts; the best result of each sample is kept. Needs randomStart.',
  },
} as const satisfies OptionTable;

/** Projected gradient descent on minus the objective. */
export const pgd: Attack = defineAttack({
  name: 'pgd',
  title: 'Projected gradient descent',
  summary:
    'Steps of fixed length along the sign (Linf) or the direction (L2) of the gradient, projected back into ball and box after each. The last iterate is returned.',
  paper: 'Madry et al. 2018, arXiv:1706.06083',
  family: 'fixedBudget',
  norms: ['linf', 'l2'],
  options,
  needs: ['gradient'],
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
  bind,
});

function bind(given: OptionsOf<typeof options>, ball: Ball): Binding {
  const { steps, randomStart, restarts } = given;
  if (restarts > 1 && !randomStart) {
    const expected = '1 without randomStart, because every start would be the same';
    throw new InputError([{ field: 'options.restarts', expected, got: String(restarts) }]);
  }
  const stepSize = given.stepSize ?? (defaultReach * ball.epsilon) / steps;
  return {
    options: { steps, stepSize, randomStart, restarts },
    restarts,
    procedure: pgdProcedure({ steps, stepSize, randomStart }, ball),
  };
}
