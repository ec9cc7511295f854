import { InputError } from '@parallax/config';
import { type Attack, type Binding, defineAttack } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionTable } from '../options.ts';
import { apgdL1Procedure } from './apgd-l1-procedure.ts';
import { leastStepsInPhases } from './apgd-l1-schedule.ts';
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

const wideStart = {
  type: 'boolean',
  unit: '',
  default: undefined,
  documentation:
    'L1 alone: search in balls of three and two times the radius first, for three tenths of the steps each. Default: true with at least 5 steps.',
} as const;

const summary =
  'Gradient steps with momentum from a random start on the boundary of the ball, of length 2 · epsilon (L1: epsilon) at first and shortened where they stop helping; returns the iterate of highest loss. Has no step size to tune.';

const common = {
  paper: 'Croce & Hein 2020, arXiv:2003.01690; in L1 Croce & Hein 2021, arXiv:2103.01208',
  family: 'fixedBudget',
  norms: ['linf', 'l2', 'l1'],
  needs: ['loss', 'gradient'],
} as const;

interface Common {
  readonly steps: number;
  readonly restarts: number;
  readonly wideStart: boolean | undefined;
}

/** @throws InputError for a wide start in another norm than L1, or with too few steps. */
function bind({ wideStart: given, ...options }: Common, ball: Ball): Binding {
  const { steps: count, restarts: starts } = options;
  if (ball.norm.name !== 'l1') {
    assertNoWideStart(given, given === undefined, 'none, as it is for L1 alone');
    return { options, restarts: starts, procedure: apgdProcedure(count, ball) };
  }
  const enough = count >= leastStepsInPhases;
  assertNoWideStart(given, given !== true || enough, `false with fewer than ${leastStepsInPhases} steps`);
  const wide = given ?? enough;
  return { options: { ...options, wideStart: wide }, restarts: starts, procedure: apgdL1Procedure(count, wide, ball) };
}

function assertNoWideStart(given: boolean | undefined, fits: boolean, expected: string): void {
  if (!fits) throw new InputError([{ field: 'options.wideStart', expected, got: String(given) }]);
}

const untargeted = {
  ...common,
  summary,
  options: { steps, restarts, wideStart } as const satisfies OptionTable,
  bind,
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
  options: { steps, restarts, targets, wideStart } as const satisfies OptionTable,
  objective: { kind: 'dlr', direction: 'toward' },
  objectiveFixed: true,
  bind: (options, ball) => ({ ...bind(options, ball), targets: options.targets }),
});
