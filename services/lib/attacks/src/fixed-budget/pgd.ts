import { InputError } from '@parallax/config';
import { add, mul, type Value } from '@parallax/graph';
import { elementCount } from '@parallax/tensor';
import { type Attack, type Binding, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { inNormOfBudget, type OptionsOf, type OptionTable } from '../options.ts';
import { sparseDirection } from './sparse-direction.ts';
import { defaultStepSize, projected } from './step.ts';

type PgdState = { readonly images: Value };

export interface PgdSettings {
  readonly steps: number;
  /** In the unit of the ball. */
  readonly stepSize: number;
  readonly randomStart: boolean;
  /** Of norm 1, along which a step is made, given the gradient. */
  readonly direction: (gradient: Value) => Value;
}

/** The share of values that a step in L1 changes: what Tramèr & Boneh 2019, arXiv:1904.13000, take for CIFAR-10. */
const defaultChangedShare = 0.01;

/** The steepest direction; in L1, where that changes a single value, the signs of a share of the largest gradients. */
export function pgdDirection({ norm, dims }: Ball, changedShare = defaultChangedShare): PgdSettings['direction'] {
  if (norm.name !== 'l1') return norm.steepest;
  const count = Math.ceil(changedShare * elementCount(dims));
  return (gradient) => sparseDirection(gradient, count);
}

/** Steps of a fixed length up the gradient, projected into ball and box; the last iterate is the result. */
export function pgdProcedure(
  { steps, stepSize, randomStart, direction }: PgdSettings,
  ball: Ball,
): Procedure<PgdState> {
  const { norm, radius, dims } = ball;
  return {
    steps,
    init: (clean, draw) => ({
      images: randomStart ? projected(add(clean, mul(norm.inside(draw, dims), radius)), clean, ball) : clean,
    }),
    query: ({ images }) => images,
    update: ({ images }, { gradient }, { clean }) => ({
      images: projected(add(images, mul(direction(gradient), stepSize)), clean, ball),
    }),
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}

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
    unit: inNormOfBudget,
    default: undefined,
    minimum: 1e-6,
    documentation: 'Length of a step. Default: 2.5 · epsilon / steps.',
  },
  randomStart: {
    type: 'boolean',
    unit: '',
    default: true,
    documentation:
      'Start at a random point of the ball (Linf: uniform in the box; L2: Gaussian direction, L1: direction uniform on the sphere, both with uniform radius) instead of the clean image.',
  },
  changedShare: {
    type: 'real',
    unit: 'share of the values of an image',
    default: undefined,
    minimum: 1e-6,
    maximum: 1,
    documentation:
      'L1 alone: a step changes so many values, those of largest gradient, all by the same amount. Default: 0.01 (SLIDE, Tramèr & Boneh 2019).',
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
    'Steps of fixed length along the sign (Linf), the direction (L2) or the signs of the largest entries (L1) of the gradient, projected back into ball and box after each. The last iterate is returned.',
  paper: 'Madry et al. 2018, arXiv:1706.06083',
  family: 'fixedBudget',
  norms: ['linf', 'l2', 'l1'],
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
  const isSparse = ball.norm.name === 'l1';
  if (given.changedShare !== undefined && !isSparse) {
    const got = String(given.changedShare);
    throw new InputError([{ field: 'options.changedShare', expected: 'none, as it is for L1 alone', got }]);
  }
  const changedShare = given.changedShare ?? defaultChangedShare;
  const stepSize = given.stepSize ?? defaultStepSize(ball, steps);
  return {
    options: { steps, stepSize, randomStart, restarts, ...(isSparse ? { changedShare } : {}) },
    restarts,
    procedure: pgdProcedure({ steps, stepSize, randomStart, direction: pgdDirection(ball, changedShare) }, ball),
  };
}
