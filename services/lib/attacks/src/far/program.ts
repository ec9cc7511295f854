import type { Objective } from '@parallax/objectives';
import type { Cost, Stage } from '../near/program.ts';
import type { PlacedAttack } from '../near/runner.ts';

/** What an attack must know of an objective on an encoder that it does not see. */
export interface FarSource {
  readonly objective: Objective;
  /** Of its objective in the sum, > 0. */
  readonly weight: number;
  /** Classes of its head; absent without one. */
  readonly classes?: number;
  /** Whether looks depend on draws. */
  readonly stochastic: boolean;
  /** Passes that one draw of a look takes for one image; `backward` those of a gradient, also of a look without. */
  readonly cost: Cost;
}

/**
 * An attack as graphs of its own, with what its sources see as inputs: `loss.I` [N], `gradient.I` [N,C,H,W] and `logits.I`
 * [N,K] of source I. Nothing has run yet.
 */
export interface FarProgram extends PlacedAttack {
  readonly sources: readonly FarSource[];
  /** Classes that every head tells apart; absent without any. */
  readonly classes?: number;
  /** Looks averaged in a step. */
  readonly draws: number;
  readonly gradient: boolean;
  readonly choosesTargets: boolean;
  /** What is seen and labels → `ranking` int64 [N,T]; absent when the attack chooses no targets. */
  readonly rank?: Stage;
  /** What is seen → `loss` [N] and, with heads, `prediction` int64 [N]; with S of them `verdicts` int64 [N,S]. */
  readonly evaluate: Stage;
  /** Scene → `next.*`: the state before the first step, with `look.images` to be looked at and `look.targets` aimed at. */
  readonly start: Stage;
  /** `step` int64 [], what is seen, scene and `state.*` → `next.*` after this step. */
  readonly step: Stage;
  /** What is seen, scene and `state.*` → `images`, `loss`, `broken*` and, unless there is `predict`, `prediction`. */
  readonly finish: Stage;
  /** What is seen at what is returned → `prediction`; absent where that is the last image looked at, or without heads. */
  readonly predict?: Stage;
}
