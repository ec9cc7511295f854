import { InputError, PreconditionError } from '@parallax/config';
import { elementCount, gatherBatch, type Tensor, toNumbers } from '@parallax/tensor';
import type { VerdictRule } from '../verify/verdict-rule.ts';
import type { NearBatch } from './batch.ts';
import type { NearExecutable } from './compile.ts';
import { Ledger } from './ledger.ts';
import type { SampleOutcome } from './outcome.ts';
import type { StageCondition } from './program.ts';
import { type NearProgress, ProgressMeter } from './progress.ts';
import { attackOnce, judged, type Run } from './pursue.ts';
import type { PlacedAttack } from './runner.ts';
import { StageRunner } from './stage-runner.ts';

export interface NearRunOptions {
  /** An integer in [0, 2^64). */
  readonly seed: number | bigint;
  /** Samples worked on in one run, 1-4096. Changes speed and memory, never a result. Default 32. */
  readonly batchSize?: number;
  /** Draws that decide a verdict on a stochastic encoder, 1-1000. Default 20. */
  readonly verdictDraws?: number;
  /** How they add up. Default: majority. The clean image is judged by majority under either rule. */
  readonly verdictRule?: VerdictRule;
  /** Do not refuse a result in which every image came back as it was: for a part of a set that is judged as a whole. */
  readonly allowUnchanged?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: NearProgress) => void;
}

export interface NearResult {
  /** [N,C,H,W]: the image kept for each sample; a sample that was not attacked has its clean one. */
  readonly images: Tensor<'float32'>;
  /** One for each sample, in the order of the batch. */
  readonly outcomes: readonly SampleOutcome[];
}

const defaultBatchSize = 32;
const defaultVerdictDraws = 20;

/** Memory for the states of samples that are attacked together, in bytes. */
const stateBytes = 256 * 2 ** 20;

/**
 * Runs a placed attack on a batch. Results depend on seed and sample ids, and not on how samples are ordered, batched or
 * spread over workers.
 * @throws InputError when batch or options are not what the program takes.
 * @throws PreconditionError (ATTACK_WITHOUT_EFFECT) when every image attacked comes back as it was.
 * @throws the reason of the signal, when it is aborted; the run under way is finished and thrown away.
 */
export function runNear(near: NearExecutable, batch: NearBatch, options: NearRunOptions): Promise<NearResult> {
  return runCascade([{ near, condition: 'always' }], batch, options);
}

/**
 * Runs attacks that are fused with their encoder one after the other, as {@link drive} does.
 * @throws as {@link runNear}.
 */
export async function runCascade(
  stages: readonly NearStage[],
  batch: NearBatch,
  options: NearRunOptions,
): Promise<NearResult> {
  const { seed, signal } = options;
  const batchSize = batchSizeOf(options);
  signal?.throwIfAborted();
  const runnerOptions = { seed, batchSize, ...(signal === undefined ? {} : { signal }) };
  const placed = stages.map(({ near, condition }) => ({
    program: near.program,
    runner: new StageRunner(near, batch, runnerOptions),
    condition,
  }));
  return drive(placed, batch, options);
}

/** An attack, and what runs its stages. */
export type DrivenAttack = Pick<Run, 'program' | 'runner' | 'condition'>;

/** A stage of a cascade that runs next to the weights. */
export interface NearStage {
  readonly near: NearExecutable;
  readonly condition: StageCondition;
}

/**
 * Runs placed attacks one after the other, each on the samples that those before have not broken (selection `distance` and
 * `transfer`: on all). All of them have one selection, goal and judge.
 * @throws as {@link runNear}.
 */
export async function drive(
  stages: readonly DrivenAttack[],
  batch: NearBatch,
  options: NearRunOptions,
): Promise<NearResult> {
  const runs = createRuns(stages, batch, options);
  const [first] = runs;
  if (first === undefined) throw new InputError([{ field: 'stages', expected: 'at least one attack', got: 'none' }]);
  const { ledger, program, progress } = first;
  const all = batch.sampleIds.map((_, sample) => sample);
  await noteClean(first, all);
  const right = (sample: number): boolean => ledger.cleanPrediction(sample) === batch.labels?.[sample];
  const attacked = program.selection === 'transfer' ? all : all.filter(right);
  ledger.noteAttacked(attacked);
  progress.begin(attacked.length);
  for (const run of runs) {
    const left = program.selection === 'verdict' ? attacked.filter((sample) => !ledger.isBroken(sample)) : attacked;
    const chosen = left.filter((sample) => isForStage(run, sample));
    progress.skip(left.length - chosen.length, run.stage);
    await attackStage(run, chosen);
  }
  if (options.allowUnchanged !== true && attacked.length > 0 && !ledger.hasChanged(attacked)) {
    const names = stages.map(({ program: { attack } }) => attack.name).join(', ');
    throw new PreconditionError(`${names}: every image came back as it was`, { reason: 'ATTACK_WITHOUT_EFFECT' });
  }
  return { images: ledger.images, outcomes: ledger.outcomes() };
}

function createRuns(
  stages: readonly DrivenAttack[],
  batch: NearBatch,
  { onProgress, ...options }: NearRunOptions,
): readonly Run[] {
  const verdictDraws = integerOption('verdictDraws', options.verdictDraws ?? defaultVerdictDraws, 1000);
  const programs = stages.map(({ program }) => program);
  assertOneGoal(programs);
  const progress = new ProgressMeter(programs, onProgress);
  const [first] = programs;
  const nearestIn = first?.selection === 'distance' ? first.attack.ball.norm.name : undefined;
  const ledger = new Ledger(batch.images, batch.sampleIds, nearestIn);
  return stages.map(({ program, runner, condition }, stage) => ({
    program,
    condition,
    stage,
    batch,
    runner,
    ledger,
    judgeDraws: program.stochastic && program.selection !== 'transfer' ? verdictDraws : 1,
    verdictRule: options.verdictRule ?? 'majority',
    progress,
  }));
}

/** A sample that one stage counts as broken must be broken for all of them. */
function assertOneGoal(programs: readonly PlacedAttack[]): void {
  const [first] = programs;
  const other = programs.findIndex(({ goal }) => goal !== first?.goal);
  if (first === undefined || other < 0) return;
  const expected = first.goal === 'target' ? 'an attack toward the targets' : 'an attack without targets of the caller';
  throw new InputError([
    { field: `stages[${other}]`, expected: `${expected}, as stages[0]`, got: programs[other]?.attack.name ?? 'none' },
  ]);
}

/** Samples worked on in one run. @throws InputError when that is no number of samples. */
export function batchSizeOf({ batchSize = defaultBatchSize }: Pick<NearRunOptions, 'batchSize'>): number {
  return integerOption('batchSize', batchSize, 4096);
}

function integerOption(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InputError([{ field, expected: `an integer from 1 to ${most}`, got: String(value) }]);
}

/** More useless gradients than this, and a sample may have been spared for want of a direction. */
const mostUselessGradients = 0.1;

function isForStage({ condition, ledger }: Run, sample: number): boolean {
  return condition === 'always' || ledger.uselessGradients(sample) > mostUselessGradients;
}

async function noteClean(run: Run, samples: readonly number[]): Promise<void> {
  const findings = await judged({ ...run, verdictRule: 'majority' }, samples, run.batch.images);
  for (const [row, finding] of findings.entries()) run.ledger.noteClean(samples[row] as number, finding);
}

async function attackStage(run: Run, samples: readonly number[]): Promise<void> {
  if (samples.length === 0) return;
  if (run.program.targets > 0) await chooseTargets(run, samples);
  for (const wave of wavesOf(samples, run.program, run.runner.capacity)) await attackWave(run, wave);
}

/** Ranks the classes of the clean images by their logits. */
async function chooseTargets({ runner, batch, ledger, program }: Run, samples: readonly number[]): Promise<void> {
  const { ranking } = await runner.evaluate(samples, gatherBatch(batch.images, samples), 0);
  if (ranking === undefined) throw new RangeError('ranking: expected classes, got none');
  ledger.addCost(samples, program.cost.evaluate);
  const classes = toNumbers(ranking);
  const chosen = batch.sampleIds.map((): readonly number[] => []);
  for (const [row, sample] of samples.entries()) {
    chosen[sample] = classes.slice(row * program.targets, (row + 1) * program.targets);
  }
  runner.aimAt(chosen);
}

/** Samples attacked together: as many as their states may take memory, and enough for all workers. */
function wavesOf(samples: readonly number[], program: PlacedAttack, least: number): readonly (readonly number[])[] {
  const images = program.start.graph.outputs.filter(({ value }) => value.shape.length === program.dims.length + 1);
  const bytes = elementCount(program.dims) * Float32Array.BYTES_PER_ELEMENT * images.length;
  const size = Math.max(least, Math.floor(stateBytes / bytes));
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, wave) =>
    samples.slice(wave * size, (wave + 1) * size),
  );
}

async function attackWave(run: Run, samples: readonly number[]): Promise<void> {
  const { starts, selection } = run.program;
  let left = samples;
  for (let restart = 0; restart < starts && left.length > 0; restart++) {
    const unbroken = await attackOnce(run, left, restart);
    if (selection === 'verdict') left = unbroken;
  }
}
