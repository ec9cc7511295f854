import { type Attack, type Binding, defineAttack } from '../attack.ts';
import type { OptionTable } from '../options.ts';
import { cwProcedure } from './cw-procedure.ts';

const options = {
  searchSteps: {
    type: 'integer',
    unit: 'weights',
    default: 9,
    minimum: 1,
    maximum: 100,
    documentation: 'Weights of the objective that are tried one after the other, each from the clean image on.',
  },
  steps: {
    type: 'integer',
    unit: 'steps',
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Gradient steps for each weight at most. (The authors make up to 10000.)',
  },
  stepSize: {
    type: 'real',
    unit: 'of the variable whose hyperbolic tangent the image is',
    default: 0.01,
    minimum: 1e-6,
    documentation: 'Learning rate of Adam.',
  },
  initialWeight: {
    type: 'real',
    unit: '',
    default: 0.001,
    minimum: 1e-9,
    documentation:
      'The first weight. The next is ten times as much while none has worked, then halfway between one that has and one that has not.',
  },
  confidence: {
    type: 'real',
    unit: 'logits',
    default: 0,
    minimum: 0,
    documentation:
      'By how much the margin must exceed 0 for an image to count in the search. Selections verdict and distance keep what breaks the sample all the same.',
  },
  abortEarly: {
    type: 'boolean',
    unit: '',
    default: true,
    documentation:
      'Whether a sample goes on to the next weight when what is minimised has not fallen over a tenth of the steps; it leaves when it has tried all weights.',
  },
} as const satisfies OptionTable;

/** The attack of Carlini & Wagner in L2. */
export const cw: Attack = defineAttack({
  name: 'cw',
  title: 'Carlini & Wagner',
  summary:
    'Looks for the nearest image that breaks a sample: minimises the squared distance plus a weight times how far the margin falls short, by Adam on a variable whose hyperbolic tangent is the image, and searches the least weight that works.',
  paper: 'Carlini & Wagner 2017, arXiv:1608.04644',
  family: 'minimumNorm',
  norms: ['l2'],
  options,
  needs: ['loss', 'gradient'],
  objective: { kind: 'margin' },
  objectiveFixed: false,
  objectiveKinds: ['margin'],
  bind: (given, ball): Binding => ({ options: { ...given }, restarts: 1, procedure: cwProcedure(given, ball) }),
});
