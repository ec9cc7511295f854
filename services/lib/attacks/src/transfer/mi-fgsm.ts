import { abs, add, div, maximum, mul, type Value } from '@parallax/graph';
import { type Attack, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { sumPerSample } from '../norms/per-sample.ts';
import type { OptionTable } from '../options.ts';

type MomentumState = {
  /** The iterate, [N,C,H,W]. */
  readonly images: Value;
  /** Decaying sum of the gradients so far, each scaled to L1 norm 1, [N,C,H,W]. */
  readonly momentum: Value;
};

interface MomentumSettings {
  readonly steps: number;
  /** In the unit of the ball. */
  readonly stepSize: number;
  readonly decay: number;
}

/** Keeps quotients finite where the gradient is 0. */
const tiny = 1e-30;

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
    documentation: 'Length of a step. Default: epsilon / steps.',
  },
  decay: {
    type: 'real',
    unit: '',
    default: 1,
    minimum: 0,
    maximum: 10,
    documentation:
      'Factor by which the sum of the gradients before counts in a step (μ); 0 is PGD from the clean image.',
  },
} as const satisfies OptionTable;

function momentumProcedure({ steps, stepSize, decay }: MomentumSettings, ball: Ball): Procedure<MomentumState> {
  const { norm, radius } = ball;
  return {
    steps,
    init: (clean) => ({ images: clean, momentum: mul(clean, 0) }),
    query: ({ images }) => images,
    update: (state, { gradient }, { clean }) => {
      const scaled = div(gradient, maximum(sumPerSample(abs(gradient)), tiny));
      const momentum = add(mul(state.momentum, decay), scaled);
      const moved = add(state.images, mul(norm.steepest(momentum), stepSize));
      return { images: norm.contain(moved, clean, radius), momentum };
    },
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}

/** The momentum iterative fast gradient sign method. */
export const miFgsm: Attack = defineAttack({
  name: 'mi-fgsm',
  title: 'Momentum iterative FGSM',
  summary:
    'Steps of fixed length from the clean image along the sign (Linf) or the direction (L2) of a decaying sum of gradients, which carries over to other encoders better than single gradients do. The last iterate is returned.',
  paper: 'Dong et al. 2018, arXiv:1710.06081',
  family: 'transfer',
  norms: ['linf', 'l2'],
  options,
  needs: ['gradient'],
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
  bind: ({ steps, decay, ...given }, ball) => {
    const stepSize = given.stepSize ?? ball.epsilon / steps;
    return {
      options: { steps, stepSize, decay },
      restarts: 1,
      procedure: momentumProcedure({ steps, stepSize, decay }, ball),
    };
  },
});
