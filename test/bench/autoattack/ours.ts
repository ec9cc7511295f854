import {
  type BoundStage,
  bindStage,
  type CascadeStage,
  compileNear,
  createBall,
  findCascade,
  type NearResult,
  type NearStage,
  parseBudget,
  placeNear,
  runCascade,
} from '@parallax/attacks';
import { createObjective, type TracedEncoder } from '@parallax/objectives';
import type { Engine } from '@parallax/runtime';
import { dims, readClassifier, readImages } from '../cifar.ts';
import { type Seconds, startStopwatch } from '../stopwatch.ts';
import type { Reference, ReferenceRun } from './compare.ts';

export interface CascadeRun {
  readonly cascade: string;
  readonly seed: number;
  readonly batchSize: number;
  readonly files: { readonly model: string; readonly images: string };
  readonly reference: Reference;
  readonly run: ReferenceRun;
}

export interface OurResult {
  /** Of the attack, without compiling. */
  readonly seconds: Seconds;
  readonly compileSeconds: number;
  readonly clean: readonly number[];
  /** 1 where the image is right before and after. */
  readonly robust: readonly number[];
  /** Wall time of each. */
  readonly stages: readonly { readonly attack: string; readonly robust: number; readonly seconds: number }[];
  readonly forward: number;
  readonly backward: number;
}

/** Runs a cascade on the images of a run of the reference. */
export async function runOurs(
  engine: Engine,
  { cascade, seed, batchSize, files, reference, run }: CascadeRun,
): Promise<OurResult> {
  const { images, labels } = readImages(files.images, run.n);
  const budget = parseBudget({ norm: run.norm.toLowerCase(), epsilon: run.eps }, dims);
  const ball = createBall(budget, dims);
  const bound = stagesOf(cascade).map((stage) => bindStage(stage, ball));
  const encoder = readClassifier(files.model, reference);
  const compiling = performance.now();
  const stages = await Promise.all(bound.map((stage) => compileStage(engine, stage, encoder)));
  const compileSeconds = (performance.now() - compiling) / 1000;
  const elapsed = startStopwatch();
  const clock = new StageClock(bound.map((stage) => stage.bound.name));
  const batch = { images, labels, sampleIds: labels.map((_, index) => index) };
  const result = await runCascade(stages, batch, { seed, batchSize, onProgress: ({ attack }) => clock.note(attack) });
  const seconds = elapsed();
  await Promise.all(stages.map(({ near }) => near.close()));
  return { ...describe(result, labels, clock), seconds, compileSeconds };
}

/** A cascade by name, or attacks with options, such as `apgd-ce:steps=20+apgd-t:steps=30:targets=3`. */
function stagesOf(text: string): readonly CascadeStage[] {
  const named = findCascade(text);
  if (named !== undefined) return named.stages;
  return text.split('+').map((stage) => {
    const [attack = '', ...given] = stage.split(':');
    const options = given.map((option) => option.split('=')).map(([name, value]) => [name, Number(value)]);
    return { attack, options: Object.fromEntries(options) };
  });
}

async function compileStage(
  engine: Engine,
  { bound, objective, condition }: BoundStage,
  encoder: TracedEncoder,
): Promise<NearStage> {
  const program = placeNear(bound, createObjective(objective), encoder, { selection: 'verdict' });
  return { near: await compileNear(program, engine), condition };
}

/** When each stage was first and last heard of. */
class StageClock {
  readonly #seconds = new Map<string, number>();
  #last = performance.now();

  constructor(readonly names: readonly string[]) {}

  note(attack: string): void {
    const now = performance.now();
    this.#seconds.set(attack, this.secondsOf(attack) + (now - this.#last) / 1000);
    this.#last = now;
  }

  secondsOf(attack: string): number {
    return this.#seconds.get(attack) ?? 0;
  }
}

function describe({ outcomes }: NearResult, labels: readonly number[], clock: StageClock) {
  const clean = outcomes.map(({ cleanPrediction }, row) => (cleanPrediction === labels[row] ? 1 : 0));
  const robust = outcomes.map(({ brokenBy }, row) => (clean[row] === 1 && brokenBy === '' ? 1 : 0));
  const right = clean.reduce((sum: number, flag) => sum + flag, 0);
  const stages = clock.names.map((attack, index) => {
    const before = clock.names.slice(0, index + 1);
    const broken = outcomes.filter(({ brokenBy }) => before.includes(brokenBy)).length;
    return { attack, robust: right - broken, seconds: clock.secondsOf(attack) };
  });
  const total = (of: 'forward' | 'backward'): number => outcomes.reduce((sum, outcome) => sum + outcome[of], 0);
  return { clean, robust, stages, forward: total('forward'), backward: total('backward') };
}
