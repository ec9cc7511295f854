import { createHash } from 'node:crypto';
import { proportion } from '@parallax/statistics';
import { ShapeError, sliceBatch, type Tensor, toBytes } from '@parallax/tensor';
import type { Budget } from '../budget.ts';
import type { SampleOutcome } from '../near/outcome.ts';
import { agreedClass } from './agreed-class.ts';
import { judgeChanged } from './judge-changed.ts';
import type { Judgements, Predict } from './judgements.ts';
import { isOverBudget, measure } from './measure.ts';
import type { HeadVerdict, SampleRecord } from './record.ts';
import { roundToUint8 } from './round-to-uint8.ts';
import { decide, type VerdictRule, type Votes } from './verdict-rule.ts';
import { verificationSeed } from './verification-seed.ts';

export interface VerifyRequest {
  /** Named where the attack itself did not see that it broke a sample. */
  readonly attack: string;
  readonly budget: Budget;
  /** How draws add up on a stochastic encoder. Default: majority. */
  readonly verdictRule?: VerdictRule;
  readonly seed: number | bigint;
  /** [N,C,H,W] in [0,1]. */
  readonly clean: Tensor<'float32'>;
  /** [N,C,H,W]: exactly the bytes that are kept. */
  readonly stored: Tensor<'float32'>;
  readonly labels: readonly number[];
  readonly targets?: readonly number[];
  /** What the attack says about each sample, in the same order. */
  readonly outcomes: readonly SampleOutcome[];
  /** The head that judges. */
  readonly predict: Predict;
  /** The heads of further encoders that are attacked together with the first: broken is what misleads every one. */
  readonly others?: readonly Predict[];
}

/**
 * Checks what an attack has made, with code that is not the attack's: measures each stored image against its clean one in
 * float64, asks for its class anew, and again after rounding to uint8. A sample over budget counts as not broken. On
 * stochastic encoders changed images are judged with noise of their own, which the attack has not seen.
 */
export async function verify(request: VerifyRequest): Promise<readonly SampleRecord[]> {
  const { clean, stored, outcomes, predict, others = [] } = request;
  if (stored.dims.join() !== clean.dims.join()) {
    throw new ShapeError(`stored: expected [${clean.dims.join(', ')}], got [${stored.dims.join(', ')}]`);
  }
  const images = withoutOthers(clean, stored);
  const opinions = await Promise.all([predict, ...others].map((each) => opinionOf(request, images, each)));
  return outcomes.map((outcome, row) => recordOf(request, outcome, row, predictionsAt(request, opinions, row)));
}

/** What one head says. Entries of one index belong together. */
interface Opinion {
  readonly clean: readonly number[];
  readonly stored: readonly number[];
  readonly rounded: readonly number[];
  /** On the stored images. */
  readonly votes: Judgements['votes'];
}

async function opinionOf(request: VerifyRequest, images: Tensor<'float32'>, predict: Predict): Promise<Opinion> {
  const { clean, outcomes, verdictRule = 'majority' } = request;
  const ids = outcomes.map(({ sampleId }) => sampleId);
  const seed = BigInt(request.seed);
  const { classes } = await predict(clean, ids, { seed, allDraws: false });
  const again = (changed: Tensor<'float32'>, allDraws: boolean): Promise<Judgements> =>
    judgeChanged({ images: clean, classes }, changed, (some, rows) =>
      predict(some, rowsOf(ids, rows), { seed: verificationSeed(seed), allDraws }),
    );
  const after = await again(images, true);
  const rounded = await again(roundToUint8(images), verdictRule === 'anyDraw');
  const verdicts = (judged: Judgements): readonly number[] => ids.map((_, row) => verdictAt(request, judged, row));
  return { clean: classes, stored: verdicts(after), rounded: verdicts(rounded), votes: after.votes };
}

/** What all heads say about one sample, and what each says where there are several. */
function predictionsAt({ labels, targets }: VerifyRequest, opinions: readonly Opinion[], row: number): Predictions {
  const label = classAt(labels, row);
  const together = (of: (opinion: Opinion) => readonly number[]): number =>
    agreedClass(
      opinions.map((opinion) => classAt(of(opinion), row)),
      { label, target: targets?.[row] },
    );
  const heads = opinions.map(({ clean, stored, rounded, votes }): HeadVerdict => {
    const { verdictVotes, verdictDraws } = votesAgainst(votes?.[row], label);
    return {
      cleanPrediction: classAt(clean, row),
      prediction: classAt(stored, row),
      predictionUint8: classAt(rounded, row),
      ...(verdictVotes === undefined ? {} : { verdictVotes }),
      ...(verdictDraws === undefined ? {} : { verdictDraws }),
    };
  });
  return {
    clean: together(({ clean }) => clean),
    stored: together(({ stored }) => stored),
    rounded: together(({ rounded }) => rounded),
    ...(heads.length > 1 ? { heads } : { votes: opinions[0]?.votes?.[row] }),
  };
}

function rowsOf(ids: readonly number[], rows: readonly number[]): readonly number[] {
  return rows.map((row) => ids[row] ?? 0);
}

/** The class that the draws agree on under the rule of the request. */
function verdictAt({ labels, verdictRule = 'majority' }: VerifyRequest, judged: Judgements, row: number): number {
  const votes = judged.votes?.[row];
  if (votes === undefined) return classAt(judged.classes, row);
  return decide(votes, verdictRule, (prediction) => prediction !== labels[row]);
}

/** The stored images, with the clean one wherever what is stored is no image: nobody can be asked for its class. */
function withoutOthers(clean: Tensor<'float32'>, stored: Tensor<'float32'>): Tensor<'float32'> {
  const data = stored.data.slice();
  for (let row = 0; row < (clean.dims[0] ?? 0); row++) {
    const original = sliceBatch(clean, row, row + 1).data;
    const { isImage } = measure(original, sliceBatch(stored, row, row + 1).data);
    if (!isImage) data.set(original, row * original.length);
  }
  return { ...stored, data };
}

function classAt(classes: readonly number[], row: number): number {
  const found = classes[row];
  if (found === undefined) throw new RangeError(`predict: expected ${row + 1} or more classes, got ${classes.length}`);
  return found;
}

/** Classes of one sample's images, as all heads say together. */
interface Predictions {
  readonly clean: number;
  readonly stored: number;
  readonly rounded: number;
  /** On the stored image, of a lone head. */
  readonly votes?: Votes | undefined;
  /** Of several. */
  readonly heads?: readonly HeadVerdict[];
}

function recordOf(
  { attack, budget, seed, clean, stored, labels, targets }: VerifyRequest,
  outcome: SampleOutcome,
  row: number,
  predictions: Predictions,
): SampleRecord {
  const [input, output] = [sliceBatch(clean, row, row + 1), sliceBatch(stored, row, row + 1)];
  const size = measure(input.data, output.data);
  const { l0, l1, l2, linf } = size;
  const overBudget = isOverBudget(size, budget);
  const label = classAt(labels, row);
  const cleanCorrect = predictions.clean === label;
  const robust = cleanCorrect && (predictions.stored === label || overBudget);
  const broken = cleanCorrect && !robust;
  const target = targets?.[row];
  return {
    sample: outcome.sampleId,
    label,
    ...(target === undefined ? {} : { target }),
    cleanPrediction: predictions.clean,
    cleanCorrect,
    robust,
    robustUint8: cleanCorrect && (predictions.rounded === label || overBudget),
    brokenBy: broken ? outcome.brokenBy || attack : '',
    ...(broken && outcome.brokenAtStep !== undefined ? { brokenAtStep: outcome.brokenAtStep } : {}),
    prediction: predictions.stored,
    predictionUint8: predictions.rounded,
    ...verdictOf(predictions.votes, label),
    loss: outcome.loss,
    l0,
    l1,
    l2,
    linf,
    overBudget,
    forward: outcome.forward,
    backward: outcome.backward,
    zeroGradient: outcome.zeroGradient,
    nanGradient: outcome.nanGradient,
    seed,
    inputSha256: sha256(input),
    outputSha256: sha256(output),
    ...(predictions.heads && { heads: predictions.heads }),
  };
}

/** How sure the verdict is: draws that judged the stored image wrong, of all draws. */
function verdictOf(votes: Votes | undefined, label: number): Partial<SampleRecord> {
  const { verdictVotes, verdictDraws } = votesAgainst(votes, label);
  if (verdictVotes === undefined || verdictDraws === undefined) return {};
  const { lower, upper } = proportion(verdictVotes, verdictDraws).interval;
  return { verdictVotes, verdictDraws, verdictLower: lower, verdictUpper: upper };
}

function votesAgainst(votes: Votes | undefined, label: number): Pick<HeadVerdict, 'verdictVotes' | 'verdictDraws'> {
  if (votes === undefined) return {};
  const verdictDraws = [...votes.values()].reduce((sum, count) => sum + count, 0);
  return { verdictVotes: verdictDraws - (votes.get(label) ?? 0), verdictDraws };
}

function sha256(image: Tensor): string {
  return createHash('sha256').update(toBytes(image)).digest('hex');
}
