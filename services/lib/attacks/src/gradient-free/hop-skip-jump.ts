import { InputError } from '@parallax/config';
import { type Attack, type Binding, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import { hopSkipJumpProcedure } from './hop-skip-jump-procedure.ts';

const options = {
  queries: {
    type: 'integer',
    unit: 'queries',
    default: 5000,
    minimum: 1,
    maximum: 1_000_000,
    documentation: 'Looks of every kind: at noise, between, around, and across. A last one is at what is returned.',
  },
  firstProbes: {
    type: 'integer',
    unit: 'queries',
    default: 100,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Looks around the first point of the boundary; around the t-th it is the root of t times as many.',
  },
  mostProbes: {
    type: 'integer',
    unit: 'queries',
    default: 10_000,
    minimum: 1,
    maximum: 100_000,
    documentation: 'The most looks around one point.',
  },
  gamma: {
    type: 'real',
    unit: '',
    default: 1,
    minimum: 0.001,
    maximum: 100_000,
    documentation:
      'How finely the boundary is searched, θ = γ/d^(3/2) in L2 and γ/d² in Linf of the way, and how far is looked around, γ/d of the distance, for images of d numbers.',
  },
  restarts: {
    type: 'integer',
    unit: 'starts',
    default: 1,
    minimum: 1,
    maximum: 1000,
    documentation: 'Independent walks; the best result of each sample is kept.',
  },
} as const satisfies OptionTable;

function bind({ restarts, ...settings }: OptionsOf<typeof options>, ball: Ball): Binding {
  if (settings.mostProbes < settings.firstProbes) {
    const expected = `firstProbes (${settings.firstProbes}) or more`;
    throw new InputError([{ field: 'options.mostProbes', expected, got: String(settings.mostProbes) }]);
  }
  return { options: { ...settings, restarts }, restarts, procedure: hopSkipJumpProcedure(settings, ball) };
}

/** The decision-based attack that walks along the boundary. */
export const hopSkipJump: Attack = defineAttack({
  name: 'hopskipjump',
  title: 'HopSkipJump',
  summary:
    'Sees nothing but which class an image is. From noise that breaks the sample it goes toward the image up to the boundary, estimates from verdicts around there which way leads across, leaps that way and goes back, nearer each time. The nearest image that broke the sample is returned. Toward a target it can only start where noise happens to be of that class.',
  paper: 'Chen et al. 2020, arXiv:1904.02144',
  family: 'gradientFree',
  norms: ['l2', 'linf'],
  options,
  needs: ['logits'],
  objective: { kind: 'margin' },
  objectiveFixed: false,
  objectiveKinds: ['margin'],
  bind,
});
