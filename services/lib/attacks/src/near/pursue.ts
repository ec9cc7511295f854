import { int64, type Tensor, toNumbers } from '@parallax/tensor';
import { agreedClass, type Wanted } from '../verify/agreed-class.ts';
import { decide, type VerdictRule } from '../verify/verdict-rule.ts';
import type { NearBatch } from './batch.ts';
import { judge } from './judge.ts';
import type { Finding, Ledger } from './ledger.ts';
import { looksOf } from './looks.ts';
import { type Rows, rowsOf } from './part-runner.ts';
import { below, type StageCondition } from './program.ts';
import type { ProgressMeter } from './progress.ts';
import type { PlacedAttack, Runner } from './runner.ts';

/** What the driver works with in one stage of a call. */
export interface Run {
  readonly program: PlacedAttack;
  readonly batch: NearBatch;
  readonly runner: Runner;
  readonly ledger: Ledger;
  readonly progress: ProgressMeter;
  /** For which of the samples left it is. */
  readonly condition: StageCondition;
  /** Its place in the cascade, from 0 on. */
  readonly stage: number;
  /** Draws behind one judgement: 1 where nothing is random, and where the judgement decides nothing. */
  readonly judgeDraws: number;
  /** How they add up to a class. */
  readonly verdictRule: VerdictRule;
}

/** Samples under attack, each with its row of the state. */
interface Active {
  readonly samples: readonly number[];
  readonly state: Rows;
}

/** One start of the attack, from the first step to the last. Returns the samples that it did not break. */
export async function attackOnce(run: Run, samples: readonly number[], restart: number): Promise<readonly number[]> {
  const { program, runner } = run;
  const { steps, done } = program.attack.procedure;
  const mayLeave = program.selection === 'verdict' || done !== undefined;
  let active: Active = { samples, state: await runner.start(samples, restart) };
  const unbroken: number[] = [];
  let from = 0;
  for (const to of mayLeave ? looksOf(steps) : [steps]) {
    active = await advance(run, active, { from, to, restart });
    const now = { step: to, restart };
    if (program.selection === 'verdict') active = await dismissBroken(run, active, now);
    const isOver = over(active, to === steps);
    unbroken.push(...(await finish(run, only(active, isOver), now)));
    active = only(active, (row) => !isOver(row));
    if (active.samples.length === 0) break;
    from = to;
  }
  return unbroken;
}

/** For which rows a start is at its end. */
function over({ state }: Active, isLast: boolean): (row: number) => boolean {
  const done = isLast || state['track.done'] === undefined ? undefined : column(state, 'track.done');
  return (row) => isLast || done?.[row] === 1;
}

/** Some of the rows. */
function only(active: Active, isChosen: (row: number) => boolean): Active {
  const { samples, state } = active;
  const rows = [...samples.keys()].filter(isChosen);
  if (rows.length === samples.length) return active;
  return { samples: rows.map((row) => samples[row] as number), state: rowsOf(state, rows) };
}

/** Judges images and counts what it cost. */
export async function judged(run: Run, samples: readonly number[], images: Tensor): Promise<readonly Finding[]> {
  if (samples.length === 0) return [];
  run.ledger.addCost(samples, run.program.cost.evaluate, run.judgeDraws);
  return judge(run.runner, samples, images, {
    draws: run.judgeDraws,
    decide: (sample, heads) => {
      const breaks = (prediction: number): boolean => hasReached(run, sample, { prediction });
      const classes = heads.map((votes) => decide(votes, run.verdictRule, breaks));
      return agreedClass(classes, wantedOf(run, sample));
    },
  });
}

async function advance(
  { program, runner, ledger, progress, stage }: Run,
  { samples, state }: Active,
  range: { readonly from: number; readonly to: number; readonly restart: number },
): Promise<Active> {
  let reported = range.from;
  const next = await runner.advance(samples, state, range, (step, now) => {
    progress.advance({ stage, step, restart: range.restart }, step - reported, column(now, 'track.loss'));
    reported = step;
  });
  ledger.addCost(samples, program.cost.step, range.to - range.from);
  return { samples, state: next };
}

/** Lets the broken samples go and returns the others. */
async function dismissBroken(
  run: Run,
  { samples, state }: Active,
  now: { readonly step: number; readonly restart: number },
): Promise<Active> {
  const left = await settleBroken(run, samples, below('track.', state), now.step);
  if (left.length === samples.length) return { samples, state: whole(state) };
  const staying = new Set(left);
  const leaving = samples.flatMap((_, row) => (staying.has(row) ? [] : [row]));
  addGradients(run, samples, state, leaving);
  run.progress.leave(leaving.length, { stage: run.stage, ...now });
  return { samples: left.map((row) => samples[row] as number), state: whole(rowsOf(state, left)) };
}

/** Takes back that a sample was thought to be broken, which fresh draws have not confirmed. */
function whole(state: Rows): Rows {
  const count = column(state, 'track.brokenAt').length;
  return { ...state, 'track.brokenAt': int64([count], Array<number>(count).fill(-1)) };
}

/**
 * Keeps the images that broke samples, as `track` has them, where the judge confirms it. Returns the rows of the samples
 * that are not broken. `made`: updates made so far.
 */
async function settleBroken(
  run: Run,
  samples: readonly number[],
  track: Rows,
  made: number,
): Promise<readonly number[]> {
  const brokenAt = column(track, 'brokenAt');
  const candidates = [...brokenAt.keys()].filter((row) => (brokenAt[row] ?? -1) >= 0);
  const found = await findingsOf(run, samples, track, candidates);
  const broken = new Set<number>();
  for (const [index, row] of candidates.entries()) {
    const finding = found[index];
    const sample = samples[row] as number;
    if (finding === undefined || !hasReached(run, sample, finding)) continue;
    broken.add(row);
    const kept = { ...finding, brokenAtStep: Math.min(brokenAt[row] as number, made) };
    run.ledger.keep(sample, run.program.attack.name, kept, entry(track, 'brokenImages'), row);
  }
  return samples.flatMap((_, row) => (broken.has(row) ? [] : [row]));
}

/** What is known of broken candidates: what the step saw or, where that was one draw of many, what fresh draws say. */
async function findingsOf(
  run: Run,
  samples: readonly number[],
  track: Rows,
  candidates: readonly number[],
): Promise<readonly Finding[]> {
  const { brokenImages, brokenLoss, brokenPrediction } = rowsOf(track, candidates);
  if (!brokenImages || !brokenLoss || !brokenPrediction) return [];
  if (run.program.stochastic) {
    return judged(
      run,
      candidates.map((row) => samples[row] as number),
      brokenImages,
    );
  }
  const predictions = toNumbers(brokenPrediction);
  return toNumbers(brokenLoss).map((loss, index) => ({ loss, prediction: predictions[index] as number }));
}

/** The last look: keeps what the attack returns. Returns the samples that it did not break. */
async function finish(
  run: Run,
  { samples, state }: Active,
  { step, restart }: { readonly step: number; readonly restart: number },
): Promise<readonly number[]> {
  if (samples.length === 0) return [];
  const { program, runner, ledger } = run;
  const { steps } = program.attack.procedure;
  run.progress.end(samples.length, { stage: run.stage, step, restart });
  const result = await runner.finish(samples, state, restart);
  ledger.addCost(samples, program.cost.finish);
  addGradients(run, samples, state, [...samples.keys()]);
  const judges = program.selection !== 'transfer';
  const left = judges ? await settleBroken(run, samples, result, step) : [...samples.keys()];
  const findings = await lastFindings(run, samples, result, left);
  const unbroken: number[] = [];
  for (const [index, row] of left.entries()) {
    const sample = samples[row] as number;
    const finding = findings[index] ?? { loss: Number.NaN };
    const broken = judges && hasReached(run, sample, finding);
    const at = broken ? { brokenAtStep: step } : {};
    ledger.keep(sample, program.attack.name, { ...finding, ...at }, entry(result, 'images'), row);
    if (!broken) unbroken.push(sample);
  }
  const gone = program.selection === 'verdict' ? samples.length - unbroken.length : 0;
  run.progress.leave(gone, { stage: run.stage, step: steps, restart });
  return unbroken;
}

/** Loss and class of what the attack returns for the rows left. */
async function lastFindings(
  run: Run,
  samples: readonly number[],
  result: Rows,
  left: readonly number[],
): Promise<readonly Finding[]> {
  const rows = rowsOf(result, left);
  if (run.program.stochastic && run.program.selection !== 'transfer') {
    return judged(
      run,
      left.map((row) => samples[row] as number),
      entry(rows, 'images'),
    );
  }
  const predictions = rows['prediction'] === undefined ? undefined : column(rows, 'prediction');
  return column(rows, 'loss').map((loss, index) => ({
    loss,
    ...(predictions === undefined ? {} : { prediction: predictions[index] as number }),
  }));
}

function wantedOf({ program, batch }: Run, sample: number): Wanted {
  const label = batch.labels?.[sample];
  return program.goal === 'target' ? { label, target: batch.targets?.[sample] } : { label };
}

function hasReached({ program, batch }: Run, sample: number, { prediction }: Pick<Finding, 'prediction'>): boolean {
  if (prediction === undefined) return false;
  return program.goal === 'target' ? prediction === batch.targets?.[sample] : prediction !== batch.labels?.[sample];
}

function addGradients({ ledger }: Run, samples: readonly number[], state: Rows, rows: readonly number[]): void {
  const zero = column(state, 'track.zeroGradients');
  const nan = column(state, 'track.nanGradients');
  for (const row of rows) ledger.addGradients(samples[row] as number, { zero: zero[row] ?? 0, nan: nan[row] ?? 0 });
}

function column(rows: Rows, name: string): readonly number[] {
  return toNumbers(entry(rows, name));
}

function entry(rows: Rows, name: string): Tensor {
  const tensor = rows[name];
  if (tensor === undefined) throw new RangeError(`${name}: expected a tensor, got none`);
  return tensor;
}
