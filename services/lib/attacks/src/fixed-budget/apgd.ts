import { type Attack, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionTable } from '../options.ts';
import { apgdProcedure } from './apgd-procedure.ts';

const steps = {
  type: 'integer',
  unit: 'steps',
  default: 100,
  minimum: 1,
  maximum: 100_000,
  documentation: 'Gradient steps.',
} as const;

const restarts = {
  type: 'integer',
  unit: 'starts',
  default: 1,
  minimum: 1,
  maximum: 1000,
  documentation: 'Independent random starts; the best result of each sample is kept.',
} as const;

const targets = {
  type: 'integer',
  unit: 'classes',
  default: 9,
  minimum: 1,
  maximum: 1000,
  documentation:
    'Classes aimed at, one after the other: those of highest logits on the clean image besides the label. With fewer classes than that, all the others.',
} as const;

const summary =
  'Gradient steps with momentum from a random start on the boundary of the ball, of length 2 · epsilon at first and halved where they stop helping; returns the iterate of highest loss. Has no step size to tune.';

const common = {
  paper: 'Croce & Hein 2020, arXiv:2003.01690',
  family: 'fixedBudget',
  norms: ['linf', 'l2'],
  needs: ['loss', 'gradient'],
} as const;

const untargeted = {
  ...common,
  summary,
  options: { steps, restarts } as const satisfies OptionTable,
  bind: (options: { readonly steps: number; readonly restarts: number }, ball: Ball) => ({
    options: { ...options },
    restarts: options.restarts,
    procedure: apgdProcedure(options.steps, ball),
  }),
} as const;

/** Auto-PGD on any objective. */
export const apgd: Attack = defineAttack({
  ...untargeted,
  name: 'apgd',
  title: 'Auto-PGD',
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
});

/** The first stage of AutoAttack: Auto-PGD on cross-entropy, and on nothing else. */
export const apgdCe: Attack = defineAttack({
  ...untargeted,
  name: 'apgd-ce',
  title: 'Auto-PGD on cross-entropy',
  objective: { kind: 'crossEntropy' },
  objectiveFixed: true,
});

/** Auto-PGD on the difference of logits ratio, and on nothing else: a stage of AutoAttack `plus` and `rand`. */
export const apgdDlr: Attack = defineAttack({
  ...untargeted,
  name: 'apgd-dlr',
  title: 'Auto-PGD on the difference of logits ratio',
  objective: { kind: 'dlr' },
  objectiveFixed: true,
});

/** The second stage of AutoAttack: Auto-PGD toward each of the most likely other classes in turn. */
export const apgdT: Attack = defineAttack({
  ...common,
  name: 'apgd-t',
  title: 'Targeted Auto-PGD on the difference of logits ratio',
  summary: `${summary} Does so toward each of several classes in turn, and is done with a sample when it is judged wrong, as whichever class.`,
  options: { steps, restarts, targets } as const satisfies OptionTable,
  objective: { kind: 'dlr', direction: 'toward' },
  objectiveFixed: true,
  bind: (options, ball) => ({
    options,
    restarts: options.restarts,
    targets: options.targets,
    procedure: apgdProcedure(options.steps, ball),
  }),
});
