import { createHash } from 'node:crypto';
import { ShapeError, sliceBatch, type Tensor, toBytes } from '@parallax/tensor';
import type { Budget } from '../budget.ts';
import type { SampleOutcome } from '../near/outcome.ts';
import { isOverBudget, measure } from './measure.ts';
import type { SampleRecord } from './record.ts';
import { roundToUint8 } from './round-to-uint8.ts';

/**
 * A fresh pass: images [N,C,H,W] in [0,1] → one class each. On stochastic encoders the class is what most of the verdict
 * draws say, keyed by sample id.
 */
export type Predict = (
  images: Tensor<'float32'>,
  sampleIds: readonly number[],
) => Promise<{ readonly labels: readonly number[] }>;

export interface VerifyRequest {
  readonly attack: string;
  readonly budget: Budget;
  readonly seed: number | bigint;
  /** [N,C,H,W] in [0,1]. */
  readonly clean: Tensor<'float32'>;
  /** [N,C,H,W]: exactly the bytes that are kept. */
  readonly stored: Tensor<'float32'>;
  readonly labels: readonly number[];
  readonly targets?: readonly number[];
  /** What the attack says about each sample, in the same order. */
  readonly outcomes: readonly SampleOutcome[];
  readonly predict: Predict;
}

/**
 * Checks what an attack has made, with code that is not the attack's: measures each stored image against its clean one in
 * float64, asks for its class anew, and again after rounding to uint8. A sample over budget counts as not broken.
 */
export async function verify(request: VerifyRequest): Promise<readonly SampleRecord[]> {
  const { clean, stored, outcomes, predict } = request;
  if (stored.dims.join() !== clean.dims.join()) {
    throw new ShapeError(`stored: expected [${clean.dims.join(', ')}], got [${stored.dims.join(', ')}]`);
  }
  const ids = outcomes.map(({ sampleId }) => sampleId);
  const images = withoutOthers(clean, stored);
  const before = await predict(clean, ids);
  const after = await predict(images, ids);
  const rounded = await predict(roundToUint8(images), ids);
  return outcomes.map((outcome, row) =>
    recordOf(request, outcome, row, {
      clean: classAt(before.labels, row),
      stored: classAt(after.labels, row),
      rounded: classAt(rounded.labels, row),
    }),
  );
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

function classAt(labels: readonly number[], row: number): number {
  const label = labels[row];
  if (label === undefined) throw new RangeError(`predict: expected ${row + 1} or more classes, got ${labels.length}`);
  return label;
}

function recordOf(
  { attack, budget, seed, clean, stored, labels, targets }: VerifyRequest,
  outcome: SampleOutcome,
  row: number,
  predictions: { readonly clean: number; readonly stored: number; readonly rounded: number },
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
    brokenBy: broken ? attack : '',
    ...(broken && outcome.brokenAtStep !== undefined ? { brokenAtStep: outcome.brokenAtStep } : {}),
    prediction: predictions.stored,
    predictionUint8: predictions.rounded,
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
  };
}

function sha256(image: Tensor): string {
  return createHash('sha256').update(toBytes(image)).digest('hex');
}
