import { type Attack, defineAttack } from '../attack.ts';
import type { OptionTable } from '../options.ts';
import { fabOverClasses, fabProcedure } from './fab-procedure.ts';

const count = { type: 'integer', minimum: 1 } as const;

const moves = {
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

const common = {
  paper: 'Croce & Hein 2020, arXiv:1907.02044',
  family: 'minimumNorm',
  norms: ['linf', 'l2', 'l1'],
  needs: ['loss', 'gradient', 'logits'],
  objective: { kind: 'logitDifference', direction: 'toward' },
  objectiveFixed: true,
} as const;

const journey =
  'within the box and drawn towards the clean image. Its steps are not bound to the ball; what it finds counts inside. The first start is the clean image, the others are random, half of epsilon away.';

/** Fast Adaptive Boundary attack. */
export const fab: Attack = defineAttack({
  ...common,
  name: 'fab',
  title: 'Fast Adaptive Boundary attack',
  summary: `Looks for the nearest image of another class: steps onto the nearest of the boundaries to the other classes as they look from the last image, ${journey} It takes the gradient of the difference of logits toward every other class for each step: with C classes, steps · (C − 1) gradients a start.`,
  options: {
    steps: {
      ...count,
      unit: 'steps',
      default: 100,
      maximum: 100_000,
      documentation: 'Steps of the image; each takes one gradient for every class considered.',
    },
    classes: {
      ...count,
      unit: 'classes',
      default: 1000,
      maximum: 100_000,
      documentation:
        'Other classes considered: those of highest logits on the clean image. With fewer than that, all of them.',
    },
    restarts: {
      ...count,
      unit: 'starts',
      default: 1,
      maximum: 1000,
      documentation: 'Starts; the best result of each sample is kept.',
    },
    ...moves,
  },
  bind: (given, ball) => {
    const { classes, ...settings } = given;
    const procedureFor = (targets: number) => fabOverClasses(settings, ball, targets);
    return {
      options: given,
      restarts: settings.restarts,
      targets: classes,
      procedure: procedureFor(classes),
      procedureFor,
    };
  },
});

/** The third stage of AutoAttack: FAB toward each of the most likely other classes in turn. */
export const fabT: Attack = defineAttack({
  ...common,
  name: 'fab-t',
  title: 'Targeted Fast Adaptive Boundary attack',
  summary: `Looks for the nearest image on the other side of the boundary to a class: steps onto the boundary as it looks from the last image, ${journey} Does so for each of several classes in turn, and takes what is judged wrong, as whichever class.`,
  options: {
    steps: {
      ...count,
      unit: 'steps',
      default: 100,
      maximum: 100_000,
      documentation: 'Gradient steps toward each class.',
    },
    targets: {
      ...count,
      unit: 'classes',
      default: 9,
      maximum: 1000,
      documentation:
        'Classes aimed at, one after the other: those of highest logits on the clean image besides the label. With fewer classes than that, all the others.',
    },
    restarts: {
      ...count,
      unit: 'starts',
      default: 1,
      maximum: 1000,
      documentation: 'Starts toward each class; the best result of each sample is kept.',
    },
    ...moves,
  },
  bind: ({ targets, ...settings }, ball) => ({
    options: { targets, ...settings },
    restarts: settings.restarts,
    targets,
    procedure: fabProcedure(settings, ball),
  }),
});
