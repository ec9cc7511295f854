import { add, equal, mul, where } from '@parallax/graph';
import { type Attack, type AttackDefinition, type Binding, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import type { MomentumState } from './momentum.ts';
import { diverse, diversityOptions, momentumOptions, settingsOf, transferAttack } from './options.ts';
import { lookAhead, type Survey, surveyProcedure } from './survey.ts';

const options = {
  ...momentumOptions,
  ...diversityOptions,
  neighbours: {
    type: 'integer',
    unit: 'looks a move',
    default: 20,
    minimum: 1,
    maximum: 1000,
    documentation: 'Random neighbours of the iterate (N); a move costs a gradient at each and one more.',
  },
  beta: {
    type: 'real',
    unit: 'epsilon',
    default: 1.5,
    minimum: 0.001,
    maximum: 100,
    documentation:
      'How far neighbours lie from the iterate (β): uniform within it in Linf; in L2 in a Gaussian direction at a uniform distance. They are clipped into the box.',
  },
} as const satisfies OptionTable;

/**
 * A look at `base` and then at neighbours of the iterate. The sum is −g + Σ gᵢ / N once all have been seen: the gradient
 * variance, which is added to the gradient of the next move.
 */
function neighboursOf(
  { neighbours, beta }: { readonly neighbours: number; readonly beta: number },
  base: Survey['place'],
  { norm, epsilon, dims }: Ball,
): Survey {
  return {
    weights: [-1, ...Array<number>(neighbours).fill(1 / neighbours)],
    turn: 0,
    gradient: ({ gradient, before }) => add(gradient, before),
    place: (state, phase, draw) => {
      const neighbour = add(state.images, mul(norm.inside(draw, dims), beta * epsilon));
      return where(equal(phase, 0), base(state, phase, draw), neighbour);
    },
  };
}

function bindAround(isAhead: boolean): (given: OptionsOf<typeof options>, ball: Ball) => Binding {
  return ({ neighbours, beta, ...given }, ball) => {
    const settings = settingsOf(given, ball);
    const base = (state: MomentumState) => (isAhead ? lookAhead(state, settings, ball) : state.images);
    const survey = neighboursOf({ neighbours, beta }, base, ball);
    const { options: views, procedure } = diverse(surveyProcedure(settings, survey, ball), given, ball);
    return { options: { ...settings, neighbours, beta, ...views }, restarts: 1, procedure };
  };
}

const shared = {
  ...transferAttack,
  paper: 'Wang & He 2021, arXiv:2103.15571',
  options,
} as const satisfies Partial<AttackDefinition<typeof options>>;

/** Variance tuning with momentum. */
export const vmiFgsm: Attack = defineAttack({
  ...shared,
  name: 'vmi-fgsm',
  title: 'Variance tuned momentum iterative FGSM',
  summary:
    'MI-FGSM with each gradient corrected by how the mean gradient at random neighbours differed from that at the iterate one move before. The last iterate is returned.',
  bind: bindAround(false),
});

/** Variance tuning with Nesterov momentum. */
export const vniFgsm: Attack = defineAttack({
  ...shared,
  name: 'vni-fgsm',
  title: 'Variance tuned Nesterov iterative FGSM',
  summary:
    'VMI-FGSM with the gradient of a move taken where the momentum would carry the iterate, as in NI-FGSM. The last iterate is returned.',
  bind: bindAround(true),
});
