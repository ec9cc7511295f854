import { type Attack, defineAttack } from '../attack.ts';
import { momentumProcedure } from './momentum.ts';
import { momentumOptions, settingsOf, transferAttack } from './options.ts';

/** The momentum iterative fast gradient sign method. */
export const miFgsm: Attack = defineAttack({
  ...transferAttack,
  name: 'mi-fgsm',
  title: 'Momentum iterative FGSM',
  summary:
    'Steps of fixed length from the clean image along the sign (Linf) or the direction (L2) of a decaying sum of gradients, which carries over to other encoders better than single gradients do. The last iterate is returned.',
  paper: 'Dong et al. 2018, arXiv:1710.06081',
  options: momentumOptions,
  bind: (given, ball) => {
    const settings = settingsOf(given, ball);
    return { options: { ...settings }, restarts: 1, procedure: momentumProcedure(settings, ball) };
  },
});
