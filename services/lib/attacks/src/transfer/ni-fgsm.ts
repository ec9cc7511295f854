import { type Attack, defineAttack } from '../attack.ts';
import { diverse, diversityOptions, momentumOptions, settingsOf, transferAttack } from './options.ts';
import { lookAhead, type Survey, surveyProcedure } from './survey.ts';

/** The Nesterov iterative fast gradient sign method. */
export const niFgsm: Attack = defineAttack({
  ...transferAttack,
  name: 'ni-fgsm',
  title: 'Nesterov iterative FGSM',
  summary:
    'MI-FGSM with each gradient taken where the momentum would carry the iterate, clipped into the box, instead of at the iterate. The last iterate is returned.',
  paper: 'Lin et al. 2020, arXiv:1908.06281',
  options: { ...momentumOptions, ...diversityOptions },
  bind: (given, ball) => {
    const settings = settingsOf(given, ball);
    const survey: Survey = {
      weights: [1],
      turn: 0,
      gradient: ({ after }) => after,
      place: (state) => lookAhead(state, settings, ball),
    };
    const { options, procedure } = diverse(surveyProcedure(settings, survey, ball), given, ball);
    return { options: { ...settings, ...options }, restarts: 1, procedure };
  },
});
