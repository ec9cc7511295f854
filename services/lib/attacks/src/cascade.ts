import { createObjective, type ObjectiveSpec } from '@parallax/objectives';
import { type Attack, type BoundAttack, choosesTargets } from './attack.ts';
import type { Ball } from './budget.ts';
import type { StageCondition } from './near/program.ts';
import type { NormName } from './norms/norm.ts';
import type { GivenOptions } from './options.ts';
import { findAttack } from './registry.ts';

/** One attack of a cascade, as data. */
export interface CascadeStage {
  readonly attack: string;
  readonly options?: GivenOptions;
  /** What it increases; default: the attack's own objective. */
  readonly objective?: ObjectiveSpec;
  /** For which of the samples left; default: for all. */
  readonly condition?: StageCondition;
}

/** Several attacks in turn, each on the samples that those before have not broken. */
export interface Cascade {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly summary: string;
  /** Citation. */
  readonly paper: string;
  readonly norms: readonly NormName[];
  /** Gradients averaged in a step where the request says nothing. Default: as for any attack. */
  readonly gradientDraws?: number;
  readonly stages: readonly CascadeStage[];
}

/** A stage ready to be placed. */
export interface BoundStage {
  readonly attack: Attack;
  readonly bound: BoundAttack;
  readonly objective: ObjectiveSpec;
  readonly condition: StageCondition;
}

/**
 * Fixes options and ball of a stage.
 * @throws NotFoundError for an unknown attack; InputError as `Attack.bind`.
 */
export function bindStage(
  { attack: name, options = {}, objective, condition = 'always' }: CascadeStage,
  ball: Ball,
): BoundStage {
  const attack = findAttack(name);
  return { attack, bound: attack.bind(options, ball), objective: objective ?? attack.objective, condition };
}

/** Whether any stage is pushed toward classes that the caller has to give. */
export function takesTargets(stages: readonly Pick<BoundStage, 'bound' | 'objective'>[]): boolean {
  return stages.some(
    ({ bound, objective }) => createObjective(objective).needs.includes('targets') && !choosesTargets(bound),
  );
}

const autoAttack = { paper: 'Croce & Hein 2020, arXiv:2003.01690', norms: ['linf', 'l2', 'l1'] } as const;

/** Every cascade with a name, in the order in which they are listed. */
export const cascades: readonly Cascade[] = [
  {
    ...autoAttack,
    name: 'autoattack-standard',
    title: 'AutoAttack, standard',
    summary:
      'Auto-PGD on cross-entropy, targeted Auto-PGD on nine targets, targeted FAB on nine targets, and Square with 5000 queries, with the defaults of the public implementation.',
    stages: [{ attack: 'apgd-ce' }, { attack: 'apgd-t' }, { attack: 'fab-t' }, { attack: 'square' }],
  },
  {
    ...autoAttack,
    name: 'autoattack-plus',
    title: 'AutoAttack, plus',
    summary:
      'Auto-PGD on cross-entropy and on the difference of logits ratio and untargeted FAB, each with five restarts, Square with 5000 queries, and targeted Auto-PGD and targeted FAB on nine targets, with the defaults of the public implementation. Untargeted FAB takes a gradient for every other class in each of its 500 steps: with hundreds of classes nearly all the cost is there.',
    stages: [
      { attack: 'apgd-ce', options: { restarts: 5 } },
      { attack: 'apgd-dlr', options: { restarts: 5 } },
      { attack: 'fab', options: { restarts: 5 } },
      { attack: 'square' },
      { attack: 'apgd-t' },
      { attack: 'fab-t' },
    ],
  },
  {
    ...autoAttack,
    name: 'autoattack-rand',
    title: 'AutoAttack for stochastic encoders',
    summary:
      'Auto-PGD on cross-entropy and on the difference of logits ratio, each gradient the mean of 20 draws unless the request says otherwise.',
    gradientDraws: 20,
    stages: [{ attack: 'apgd-ce' }, { attack: 'apgd-dlr' }],
  },
  {
    name: 'fast',
    title: 'Fast cascade',
    summary:
      'Auto-PGD on cross-entropy (100 steps), targeted Auto-PGD on nine targets (40 steps each), targeted FAB on three (30 steps each); Square with 5000 queries only for samples whose gradients were zero or unusable more often than one step in ten, where a verdict by gradients says little.',
    paper: 'Croce & Hein 2020, arXiv:2003.01690; Liu et al. 2022, arXiv:2203.05154',
    norms: ['linf', 'l2', 'l1'],
    stages: [
      { attack: 'apgd-ce' },
      { attack: 'apgd-t', options: { steps: 40 } },
      { attack: 'fab-t', options: { steps: 30, targets: 3 } },
      { attack: 'square', condition: 'uselessGradients' },
    ],
  },
];

export function findCascade(name: string): Cascade | undefined {
  return cascades.find((cascade) => cascade.name === name);
}
