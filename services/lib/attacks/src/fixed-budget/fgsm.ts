import { type Attack, defineAttack } from '../attack.ts';
import { pgdDirection, pgdProcedure } from './pgd.ts';

/** The fast gradient (sign) method: one step of PGD, as long as the ball is wide, from the clean image. */
export const fgsm: Attack = defineAttack({
  name: 'fgsm',
  title: 'Fast gradient (sign) method',
  summary:
    'One step of length epsilon along the sign (Linf), the direction (L2) or the signs of the largest hundredth (L1) of the gradient at the clean image.',
  paper: 'Goodfellow et al. 2015, arXiv:1412.6572',
  family: 'fixedBudget',
  norms: ['linf', 'l2', 'l1'],
  options: {},
  needs: ['gradient'],
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
  bind: (_, ball) => ({
    options: {},
    restarts: 1,
    procedure: pgdProcedure(
      { steps: 1, stepSize: ball.epsilon, randomStart: false, direction: pgdDirection(ball) },
      ball,
    ),
  }),
});
