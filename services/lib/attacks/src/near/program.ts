import { createGraph, freeInputs, type Graph, type Value } from '@parallax/graph';
import type { DrawSpec, Objective } from '@parallax/objectives';
import type { BoundAttack } from '../attack.ts';
import type { ImageDims } from '../norms/norm.ts';

/**
 * Which samples are attacked, and when one leaves. `verdict`: those judged right, each until it is broken, and what is kept
 * is the image that broke it. `distance`: those judged right for all steps, and what is kept is the nearest image that broke
 * it. `transfer`: all of them for all steps, and what is kept is what the attack returns.
 */
export type Selection = 'verdict' | 'distance' | 'transfer';

/** When a sample counts as broken: judged other than its label, or judged as its target. */
export type Goal = 'misclassify' | 'target';

/**
 * For which of the samples left a stage of a cascade is run: for all, or for those whose gradients have mostly been zero or
 * unusable, so that what the stages before have not found says little.
 */
export type StageCondition = 'always' | 'uselessGradients';

/** A graph with the draws it declares. */
export interface Stage {
  readonly graph: Graph;
  /** Draws of the samples: leading axis N; in the step stage [K,E,N,…] for K steps of E draws. */
  readonly draws: readonly DrawSpec[];
  /** Draws of the attack's own, in the step stage: [K,1,N,…]. */
  readonly attackDraws: readonly DrawSpec[];
  /** Draws of the negatives: leading axis M. */
  readonly negativeDraws: readonly DrawSpec[];
}

/** Passes through the encoder that it takes for one image. */
export interface Cost {
  readonly forward: number;
  readonly backward: number;
}

/** An attack, an objective and an encoder fused into graphs, to be run next to the weights. Nothing has run yet. */
export interface NearProgram {
  readonly attack: BoundAttack;
  readonly objective: Objective;
  readonly selection: Selection;
  readonly goal: Goal;
  readonly dims: ImageDims;
  /** Classes of the judge; absent without one. */
  readonly classes?: number;
  /** Whether anything but the start is random. */
  readonly stochastic: boolean;
  /** Looks averaged in a step. */
  readonly draws: number;
  /** Whether the classes aimed at come from the attack and not from the caller. */
  readonly choosesTargets: boolean;
  /** Classes aimed at one after the other; 0 when the attack chooses none. */
  readonly targets: number;
  /** Runs of the attack from its start on: restarts, times targets. */
  readonly starts: number;
  /**
   * `images` and scene → `loss` [N] and, with a judge, `prediction` int64 [N]; where the attack chooses targets, also
   * `ranking` int64 [N,T]: the classes of highest logits besides the label.
   */
  readonly evaluate: Stage;
  /** Scene → `next.*`: the state before the first step. */
  readonly start: Stage;
  /** `first` and `count` int64 [], scene and `state.*` → `next.*` after the steps first … first + count - 1. */
  readonly step: Stage;
  /** Scene and `state.*` → `images`, `loss`, `prediction` and, unless in selection transfer, `broken.*`. */
  readonly finish: Stage;
  /** Per step; per evaluation; of the finish. */
  readonly cost: { readonly step: Cost; readonly evaluate: Cost; readonly finish: Cost };
  /** Sentences for the record, for example that another loss was used. */
  readonly notes: readonly string[];
}

/** A graph of named outputs, whose inputs are whatever they turn out to depend on. */
export function closeGraph(outputs: Readonly<Record<string, Value>>): Graph {
  return createGraph(freeInputs(Object.values(outputs)), outputs);
}

/** The same values under names that begin with `prefix`. */
export function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** The values whose names begin with `prefix`, without it. */
export function below<T>(prefix: string, values: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );
}
