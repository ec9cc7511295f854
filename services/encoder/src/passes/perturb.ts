import {
  compileNear,
  type NearBatch,
  type NearProgram,
  type NearProgress,
  type NearResult,
  placeNear,
  predictCost,
  runNear,
} from '@parallax/attacks';
import { within } from '@parallax/config';
import type { ParsedAttack } from '@parallax/messages';
import { simclr } from '@parallax/paradigms';
import { canonicalJson } from '@parallax/store';
import type { OpenedScene } from '../requests/open-scene.ts';
import { nameBlocker } from './name-blocker.ts';
import type { Workbench } from './workbench.ts';

/** A batch to attack. */
export interface PerturbTask {
  readonly scene: OpenedScene;
  readonly attack: ParsedAttack;
  readonly batch: NearBatch;
  readonly seed: bigint;
  /** Do not refuse a result in which every image came back as it was. */
  readonly allowUnchanged: boolean;
}

/** What is about to be done. */
export interface PerturbPlan {
  /** Passes at most, in images. */
  readonly forward: number;
  readonly backward: number;
  readonly gradientDraws: number;
  /** Runtime, version and device. */
  readonly engine: string;
  /** What is done otherwise than the attack's name promises. */
  readonly notes: readonly string[];
}

/** What is heard of an attack while it runs. */
export interface PerturbNews {
  readonly plan: PerturbPlan;
  /** Absent before the first step. */
  readonly progress?: NearProgress;
}

/** What listens to an attack, and what stops it. */
export interface PerturbContext {
  readonly signal: AbortSignal;
  readonly report: (news: PerturbNews) => void;
}

/** Draws that decide a verdict on a stochastic encoder unless the request says otherwise. */
const standardVerdictDraws = 20;

/** Runs an attack next to the weights. @throws as `placeNear` and `runNear`. */
export function perturb(bench: Workbench, task: PerturbTask, { signal, report }: PerturbContext): Promise<NearResult> {
  const { attack, batch, seed, allowUnchanged } = task;
  const verdictDraws = attack.verdictDraws ?? standardVerdictDraws;
  const compile = () => compileNear(place(task), bench.engine);
  return bench.useProgram(keyOf(task), compile, (near) => {
    const predicted = predictCost(near.program, batch.sampleIds.length, { verdictDraws });
    const { draws: gradientDraws, notes } = near.program;
    const plan = { ...predicted, gradientDraws, notes, engine: bench.engine.name };
    report({ plan });
    const onProgress = (progress: NearProgress) => report({ plan, progress });
    const { verdictRule } = attack;
    return runNear(near, batch, { seed, verdictDraws, verdictRule, signal, allowUnchanged, onProgress });
  });
}

function place({ attack, scene }: PerturbTask): NearProgram {
  const { objective, attacked, judge, encoder } = scene;
  const { bound, selection, gradientDraws } = attack;
  // What is still found wrong here is a setting of the objective that this encoder cannot follow.
  const build = () =>
    within('objective', () =>
      placeNear(bound, objective, attacked, {
        selection,
        augment: simclr,
        ...(judge === undefined ? {} : { judge }),
        ...(gradientDraws === undefined ? {} : { gradientDraws }),
      }),
    );
  return nameBlocker(encoder, build);
}

function keyOf({ scene, attack }: PerturbTask): string {
  const { bound, budget, selection, gradientDraws } = attack;
  const { name, options } = bound;
  return `${scene.key}${canonicalJson({ name, options, budget: { ...budget }, selection, gradientDraws })}`;
}
