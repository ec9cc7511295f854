import {
  compileNear,
  gradientDrawsOf,
  type NearBatch,
  type NearProgram,
  type NearProgress,
  type NearResult,
  type NearStage,
  placeNear,
  predictCost,
  runCascade,
} from '@parallax/attacks';
import { within } from '@parallax/config';
import type { ParsedAttack, ParsedStage } from '@parallax/messages';
import { simclr } from '@parallax/paradigms';
import { canonicalJson } from '@parallax/store';
import { preprocessingNotes } from '../encoders/preprocessing-notes.ts';
import type { OpenedScene } from '../requests/open-scene.ts';
import { nameBlocker } from './name-blocker.ts';
import type { Workbench } from './workbench.ts';

/** A batch to attack. */
export interface PerturbTask {
  /** One for each stage of the attack. */
  readonly scenes: readonly OpenedScene[];
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

/** Runs an attack next to the weights. @throws as `placeNear` and `runCascade`. */
export function perturb(bench: Workbench, task: PerturbTask, { signal, report }: PerturbContext): Promise<NearResult> {
  const { attack, batch, seed, allowUnchanged } = task;
  const { verdictRule, verdictDraws = standardVerdictDraws } = attack;
  return withStages(bench, stagesOf(task), [], (stages) => {
    const planned = planOf(stages, batch.sampleIds.length, verdictDraws, bench.engine.name);
    const plan = { ...planned, notes: [...planned.notes, ...gradientNotes(task)] };
    report({ plan });
    const onProgress = (progress: NearProgress) => report({ plan, progress });
    return runCascade(stages, batch, { seed, verdictDraws, verdictRule, signal, allowUnchanged, onProgress });
  });
}

/** A stage of an attack on its scene. */
interface StageTask {
  readonly stage: ParsedStage;
  readonly scene: OpenedScene;
  readonly attack: ParsedAttack;
}

function stagesOf({ attack, scenes }: PerturbTask): readonly StageTask[] {
  return scenes.map((scene, index) => ({ scene, attack, stage: attack.stages[index] as ParsedStage }));
}

/** Works with all stages compiled; none is closed before the work is done. */
function withStages<R>(
  bench: Workbench,
  [task, ...others]: readonly StageTask[],
  compiled: readonly NearStage[],
  work: (stages: readonly NearStage[]) => Promise<R>,
): Promise<R> {
  if (task === undefined) return work(compiled);
  const compile = () => compileNear(place(task), bench.engine);
  return bench.useProgram(keyOf(task), compile, (near) =>
    withStages(bench, others, [...compiled, { near, condition: task.stage.condition }], work),
  );
}

function planOf(stages: readonly NearStage[], samples: number, verdictDraws: number, engine: string): PerturbPlan {
  const programs = stages.map(({ near }) => near.program);
  const costs = programs.map((program) => predictCost(program, samples, { verdictDraws }));
  return {
    forward: costs.reduce((sum, { forward }) => sum + forward, 0),
    backward: costs.reduce((sum, { backward }) => sum + backward, 0),
    gradientDraws: gradientDrawsOf(programs),
    notes: [...new Set(programs.flatMap(({ notes }) => notes))],
    engine,
  };
}

/** What is to be known of the gradients that some stage takes. */
function gradientNotes(task: PerturbTask): readonly string[] {
  const taking = stagesOf(task).filter(({ stage }) => stage.bound.needs.includes('gradient'));
  return [...new Set(taking.flatMap(({ scene }) => preprocessingNotes(scene.encoder.manifest)))];
}

function place({ attack, scene, stage }: StageTask): NearProgram {
  const { objective, attacked, judge, encoder } = scene;
  const { selection, gradientDraws, acceptanceDraws } = attack;
  const takesGradients = stage.bound.needs.includes('gradient');
  // What is still found wrong here is a setting of the objective that this encoder cannot follow.
  const build = () =>
    within('objective', () =>
      placeNear(stage.bound, objective, attacked, {
        selection,
        augment: simclr,
        ...(judge === undefined ? {} : { judge }),
        ...(takesGradients && gradientDraws !== undefined ? { gradientDraws } : {}),
        ...(!takesGradients && acceptanceDraws !== undefined ? { acceptanceDraws } : {}),
      }),
    );
  return nameBlocker(encoder, build);
}

function keyOf({ scene, attack, stage }: StageTask): string {
  const { budget, selection, gradientDraws, acceptanceDraws } = attack;
  const { name, options, grid } = stage.bound;
  return `${scene.key}${canonicalJson({ name, options, grid, budget: { ...budget }, selection, gradientDraws, acceptanceDraws })}`;
}
