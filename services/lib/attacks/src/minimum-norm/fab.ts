import { type Attack, defineAttack } from '../attack.ts';
import type { OptionTable } from '../options.ts';
import { fabProcedure } from './fab-procedure.ts';

const options = {
  steps: {
    type: 'integer',
    unit: 'steps',
    default: 100,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Gradient steps toward each class.',
  },
  targets: {
    type: 'integer',
    unit: 'classes',
    default: 9,
    minimum: 1,
    maximum: 1000,
    documentation:
      'Classes aimed at, one after the other: those of highest logits on the clean image besides the label. With fewer classes than that, all the others.',
  },
  alphaMax: {
    type: 'real',
    unit: '',
    default: 0.1,
    minimum: 0,
    maximum: 1,
    documentation: 'The most that the clean image, projected onto the boundary, weighs in a step.',
  },
  eta: {
    type: 'real',
    unit: '',
    default: 1.05,
    minimum: 1,
    maximum: 10,
    documentation: 'How far a step goes, as a multiple of what leads to the linearised boundary.',
  },
  beta: {
    type: 'real',
    unit: '',
    default: 0.9,
    minimum: 0,
    maximum: 1,
    documentation: 'Share of the perturbation that is kept on the way back from an image that breaks the sample.',
  },
} as const satisfies OptionTable;

/** The third stage of AutoAttack: FAB toward each of the most likely other classes in turn. */
export const fabT: Attack = defineAttack({
  name: 'fab-t',
  title: 'Targeted Fast Adaptive Boundary attack',
  summary:
    'Looks for the nearest image on the other side of the boundary to a class: steps onto the boundary as it looks from the last image, within the box, drawn towards the clean image. Does so for each of several classes in turn, and takes what is judged wrong, as whichever class. Its steps are not bound to the ball; what it finds counts inside.',
  paper: 'Croce & Hein 2020, arXiv:1907.02044',
  family: 'minimumNorm',
  norms: ['linf', 'l2', 'l1'],
  options,
  needs: ['loss', 'gradient', 'logits'],
  objective: { kind: 'logitDifference', direction: 'toward' },
  objectiveFixed: true,
  bind: ({ targets, ...settings }, ball) => ({
    options: { targets, ...settings },
    restarts: 1,
    targets,
    procedure: fabProcedure(settings, ball),
  }),
});
