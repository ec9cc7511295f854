import { InputError, PreconditionError } from '@parallax/config';
import { elementCount, type Tensor } from '@parallax/tensor';
import type { NearBatch } from './batch.ts';
import type { NearExecutable } from './compile.ts';
import { Ledger } from './ledger.ts';
import type { SampleOutcome } from './outcome.ts';
import type { NearProgram } from './program.ts';
import { type NearProgress, ProgressMeter } from './progress.ts';
import { attackOnce, judged, type Run } from './pursue.ts';
import { StageRunner } from './stage-runner.ts';

export interface NearRunOptions {
  /** An integer in [0, 2^64). */
  readonly seed: number | bigint;
  /** Samples worked on in one run, 1-4096. Changes speed and memory, never a result. Default 32. */
  readonly batchSize?: number;
  /** Draws that decide a verdict on a stochastic encoder, 1-1000. Default 20. */
  readonly verdictDraws?: number;
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
export async function runNear(near: NearExecutable, batch: NearBatch, options: NearRunOptions): Promise<NearResult> {
  const run = createRun(near, batch, options);
  const { ledger, program } = run;
  const all = batch.sampleIds.map((_, sample) => sample);
  await noteClean(run, all, batch.images);
  const right = (sample: number): boolean => ledger.cleanPrediction(sample) === batch.labels?.[sample];
  const attacked = program.selection === 'verdict' ? all.filter(right) : all;
  ledger.noteAttacked(attacked);
  run.progress.begin(attacked.length);
  for (const wave of wavesOf(attacked, program, run.runner.capacity)) await attackWave(run, wave);
  const mustChange = options.allowUnchanged !== true && attacked.length > 0;
  if (mustChange && !ledger.hasChanged(attacked, batch.images)) {
    throw new PreconditionError(`${program.attack.name}: every image came back as it was`, {
      reason: 'ATTACK_WITHOUT_EFFECT',
    });
  }
  return { images: ledger.images, outcomes: ledger.outcomes(program.attack.name) };
}

function createRun(near: NearExecutable, batch: NearBatch, options: NearRunOptions): Run {
  const { program } = near;
  const { seed, signal, onProgress } = options;
  const size = integerOption('batchSize', options.batchSize ?? defaultBatchSize, 4096);
  const verdictDraws = integerOption('verdictDraws', options.verdictDraws ?? defaultVerdictDraws, 1000);
  signal?.throwIfAborted();
  return {
    program,
    batch,
    runner: new StageRunner(near, batch, { seed, batchSize: size, ...(signal === undefined ? {} : { signal }) }),
    ledger: new Ledger(batch.images, batch.sampleIds),
    judgeDraws: program.stochastic && program.selection === 'verdict' ? verdictDraws : 1,
    progress: new ProgressMeter(program.attack, onProgress),
  };
}

function integerOption(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InputError([{ field, expected: `an integer from 1 to ${most}`, got: String(value) }]);
}

async function noteClean(run: Run, samples: readonly number[], images: Tensor): Promise<void> {
  const findings = await judged(run, samples, images);
  for (const [row, finding] of findings.entries()) run.ledger.noteClean(samples[row] as number, finding);
}

/** Samples attacked together: as many as their states may take memory, and enough for all workers. */
function wavesOf(samples: readonly number[], program: NearProgram, least: number): readonly (readonly number[])[] {
  const images = program.start.graph.outputs.filter(({ value }) => value.shape.length === program.dims.length + 1);
  const bytes = elementCount(program.dims) * Float32Array.BYTES_PER_ELEMENT * images.length;
  const size = Math.max(least, Math.floor(stateBytes / bytes));
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, wave) =>
    samples.slice(wave * size, (wave + 1) * size),
  );
}

async function attackWave(run: Run, samples: readonly number[]): Promise<void> {
  const { attack, selection } = run.program;
  let left = samples;
  for (let restart = 0; restart < attack.restarts && left.length > 0; restart++) {
    const unbroken = await attackOnce(run, left, restart);
    if (selection === 'verdict') left = unbroken;
  }
}
