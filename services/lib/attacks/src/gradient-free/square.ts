import { type Attack, type Binding, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import { l1Moves, l2Moves } from './square-bumps.ts';
import { linfMoves } from './square-linf.ts';
import { squareProcedure } from './square-procedure.ts';

const options = {
  queries: {
    type: 'integer',
    unit: 'queries',
    default: 5000,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Candidates looked at after the start. The window shrinks over all of them, however many there are.',
  },
  pInit: {
    type: 'real',
    unit: 'share of the image',
    default: 0.8,
    minimum: 1e-6,
    maximum: 1,
    documentation: 'What the first windows cover; the share is halved nine times.',
  },
  restarts: {
    type: 'integer',
    unit: 'starts',
    default: 1,
    minimum: 1,
    maximum: 1000,
    documentation: 'Independent random searches; the best result of each sample is kept.',
  },
} as const satisfies OptionTable;

const movesIn = { linf: linfMoves, l2: l2Moves, l1: l1Moves };

function bind({ queries, pInit, restarts }: OptionsOf<typeof options>, ball: Ball): Binding {
  const settings = { queries, pInit };
  return {
    options: { queries, pInit, restarts },
    restarts,
    procedure: squareProcedure(settings, movesIn[ball.norm.name](settings, ball)),
  };
}

/** The last stage of AutoAttack. */
export const square: Attack = defineAttack({
  name: 'square',
  title: 'Square Attack',
  summary:
    'Random search that sees nothing but the objective: changes a square window at a random place, of a size that shrinks with the queries, and keeps what raises the objective. Starts from vertical stripes (Linf) or tiles (L2, L1).',
  paper: 'Andriushchenko et al. 2020, arXiv:1912.00049',
  family: 'gradientFree',
  norms: ['linf', 'l2', 'l1'],
  options,
  needs: ['loss'],
  objective: { kind: 'margin' },
  objectiveFixed: false,
  bind,
});
