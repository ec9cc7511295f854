import type { ObjectiveSpec } from '@parallax/objectives';
import type { Attack } from '../attack.ts';
import type { Budget } from '../budget.ts';
import type { BoundStage, CascadeStage } from '../cascade.ts';
import type { ImageDims } from '../norms/norm.ts';
import { norms } from '../norms/registry.ts';
import { type GivenOptions, inNormOfBudget, type OptionValue } from '../options.ts';
import type { ComparingCheck } from './diagnostic.ts';

/** An attack to compare with: one, or several in turn. */
export interface ComparedAttack {
  readonly check: ComparingCheck;
  readonly budget: Budget;
  /** With all options and objectives. */
  readonly stages: readonly CascadeStage[];
  /** Only for the samples that the attack has not broken. */
  readonly onSurvivors: boolean;
}

/** An attack to be diagnosed. */
export interface DiagnosedAttack {
  readonly stages: readonly BoundStage[];
  readonly budget: Budget;
  readonly dims: ImageDims;
  /** Whether the caller says which class each sample is pushed toward. */
  readonly targeted: boolean;
}

/** Queries of the attack without gradients. */
const blackBoxQueries = 1000;

/**
 * The attacks that it takes to diagnose an attack by comparison: one without gradients, where it takes gradients in all its
 * stages; random noise; itself in the whole box; itself with twice the steps. A baseline is compared with more of itself
 * only; an attack that may use the whole box is not compared with noise, which breaks everything there, and one that has
 * neither steps nor restarts is not compared with more. Stages for useless gradients are left out.
 */
export function planDiagnosis({ stages: all, budget, dims, targeted }: DiagnosedAttack): readonly ComparedAttack[] {
  const stages = all.filter(({ condition }) => condition === 'always');
  const takesGradients = stages.every(({ attack }) => attack.needs.includes('gradient'));
  const isBaseline = stages.every(({ attack }) => attack.family === 'baseline');
  const compared: ComparedAttack[] = [];
  if (takesGradients) {
    const options = { queries: blackBoxQueries };
    const blackBox = { attack: 'square', options, objective: likeness('margin', targeted) };
    compared.push({ check: 'black-box-not-stronger', budget, stages: [blackBox], onSurvivors: true });
  }
  const whole = { ...budget, epsilon: norms[budget.norm].diameter(dims) };
  if (!isBaseline && budget.epsilon < whole.epsilon) {
    const noise = { attack: 'noise', options: {}, objective: likeness('crossEntropy', targeted) };
    compared.push({ check: 'random-noise-baseline', budget, stages: [noise], onSurvivors: false });
  }
  if (!isBaseline) {
    const scaled = stages.map((stage) => withOptions(stage, inLargerBall(stage, whole.epsilon / budget.epsilon)));
    compared.push({ check: 'unbounded-reaches-chance', budget: whole, stages: scaled, onSurvivors: false });
  }
  const more = stages.map((stage) => withOptions(stage, withMore(stage)));
  if (stages.some(({ attack, bound }) => repeated(attack, bound.options) !== undefined)) {
    compared.push({ check: 'more-steps-not-weaker', budget, stages: more, onSurvivors: false });
  }
  return compared;
}

/** Away from the label or, where the caller has targets, toward these. */
function likeness(kind: 'margin' | 'crossEntropy', targeted: boolean): ObjectiveSpec {
  return { kind, direction: targeted ? 'toward' : 'away' };
}

function withOptions({ attack, objective }: BoundStage, options: GivenOptions): CascadeStage {
  return { attack: attack.name, options, objective };
}

/** Lengths of steps grow with the ball. */
function inLargerBall({ attack, bound }: BoundStage, factor: number): GivenOptions {
  const entries = Object.entries(bound.options).map(([name, value]): [string, OptionValue] => {
    const grows = attack.options[name]?.unit === inNormOfBudget && typeof value === 'number';
    return [name, grows ? value * factor : value];
  });
  return Object.fromEntries(entries);
}

/** Twice the steps or queries; of attacks without, twice the restarts. Lengths of steps stay as they are. */
function withMore({ attack, bound }: BoundStage): GivenOptions {
  const name = repeated(attack, bound.options);
  if (name === undefined) return bound.options;
  const twice = 2 * Number(bound.options[name]);
  return { ...bound.options, [name]: Math.min(twice, attack.options[name]?.maximum ?? twice) };
}

/** The option that says how often an attack does what it does. */
function repeated(attack: Attack, options: GivenOptions): string | undefined {
  return ['steps', 'queries', 'restarts'].find((name) => name in attack.options && typeof options[name] === 'number');
}
