import { type Attack, defineAttack } from '../attack.ts';
import type { OptionTable } from '../options.ts';
import { diversified } from './diversity.ts';
import { momentumProcedure } from './momentum.ts';
import { diversityOptions, momentumOptions, settingsOf, transferAttack, usualResizeRate } from './options.ts';

const options = {
  ...momentumOptions,
  diversity: { ...diversityOptions.diversity, default: 0.5 },
  resizeRate: { ...diversityOptions.resizeRate, default: usualResizeRate },
} as const satisfies OptionTable;

/** The iterative fast gradient sign method with diverse inputs and momentum. */
export const diFgsm: Attack = defineAttack({
  ...transferAttack,
  name: 'di-fgsm',
  title: 'Diverse inputs iterative FGSM',
  summary:
    'MI-FGSM with each gradient taken, at random, through a smaller copy of the iterate at a random place on black (M-DI²-FGSM; DI²-FGSM with decay 0). The last iterate is returned.',
  paper: 'Xie et al. 2019, arXiv:1803.06978',
  options,
  bind: ({ diversity, resizeRate, ...given }, ball) => {
    const settings = settingsOf(given, ball);
    const views = { diversity, resizeRate };
    return {
      options: { ...settings, ...views },
      restarts: 1,
      procedure: diversified(momentumProcedure(settings, ball), views, ball.dims),
    };
  },
});
