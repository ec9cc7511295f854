import { gather, mul, vector } from '@parallax/graph';
import { type Attack, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionTable } from '../options.ts';
import type { MomentumSettings } from './momentum.ts';
import { diverse, diversityOptions, momentumOptions, settingsOf, transferAttack } from './options.ts';
import { lookAhead, type Survey, surveyProcedure } from './survey.ts';

const options = {
  ...momentumOptions,
  ...diversityOptions,
  copies: {
    type: 'integer',
    unit: 'looks a move',
    default: 5,
    minimum: 1,
    maximum: 20,
    documentation: 'Copies of an image, each half as bright as the one before; each costs a gradient.',
  },
  lookAhead: {
    type: 'boolean',
    unit: '',
    default: false,
    documentation: 'Copy the image where the momentum would carry the iterate, as in NI-FGSM (SI-NI-FGSM).',
  },
} as const satisfies OptionTable;

interface CopySettings {
  readonly copies: number;
  readonly lookAhead: boolean;
}

/** Copies of an image x divided by 1, 2, 4, …: the gradient of a copy with respect to x is divided by as much. */
function copiesOf(settings: MomentumSettings, given: CopySettings, ball: Ball): Survey {
  const weights = Array.from({ length: given.copies }, (_, copy) => 2 ** -copy);
  const brightness = vector(weights);
  return {
    weights,
    turn: given.copies - 1,
    gradient: ({ after }) => after,
    place: (state, phase) =>
      mul(given.lookAhead ? lookAhead(state, settings, ball) : state.images, gather(brightness, phase)),
  };
}

/** The scale invariant iterative fast gradient sign method. */
export const siFgsm: Attack = defineAttack({
  ...transferAttack,
  name: 'si-fgsm',
  title: 'Scale invariant iterative FGSM',
  summary:
    'MI-FGSM with the mean of the gradients at copies of the iterate that are darker and darker, x/2^i, one look a copy. The last iterate is returned.',
  paper: 'Lin et al. 2020, arXiv:1908.06281',
  options,
  bind: ({ copies, lookAhead: isAhead, ...given }, ball) => {
    const settings = settingsOf(given, ball);
    const copying = { copies, lookAhead: isAhead };
    const survey = copiesOf(settings, copying, ball);
    const { options: views, procedure } = diverse(surveyProcedure(settings, survey, ball), given, ball);
    return { options: { ...settings, ...copying, ...views }, restarts: 1, procedure };
  },
});
