import type { NearProgress, NearResult } from '@parallax/attacks';
import { sampleOutcomeMessage } from '@parallax/messages';
import type { PerturbResponse } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { batchSize, encodeTensor, sliceBatch } from '@parallax/tensor';
import type { PerturbPlan } from '../passes/perturb.ts';

/** Largest images of one chunk, together, in bytes: far below the limit of a message, and quick to send. */
const chunkBytes = 4 * 2 ** 20;

/** What is about to be done. */
export function planMessage({ forward, backward, gradientDraws, engine, notes }: PerturbPlan): PerturbResponse {
  const value = {
    predictedForward: BigInt(forward),
    predictedBackward: BigInt(backward),
    gradientDraws,
    engine,
    notes,
  };
  return { message: { $case: 'plan', value } };
}

/** Begins to measure time; the function it returns tells how far an attack is. */
export function startProgress(): (progress: NearProgress) => PerturbResponse {
  const started = performance.now();
  return ({ attack, step, steps, meanLoss, active, done, total }) => {
    const seconds = (performance.now() - started) / 1000;
    const ratePerSecond = seconds > 0 ? done / seconds : 0;
    const remainingSeconds = ratePerSecond > 0 ? (total - done) / ratePerSecond : undefined;
    const progress = {
      stage: attack,
      done: BigInt(done),
      total: BigInt(total),
      unit: 'image steps',
      ratePerSecond,
      remainingSeconds,
    };
    const value = { attack, step, steps, meanValue: meanLoss, active, progress, observed: [] };
    return { message: { $case: 'progress', value } };
  };
}

/** The results, in order. */
export function* chunkMessages({ images, outcomes }: NearResult): Generator<PerturbResponse, void, undefined> {
  const count = batchSize(images);
  const rows = Math.max(1, Math.floor(chunkBytes / (images.data.byteLength / count)));
  for (let firstRow = 0; firstRow < count; firstRow += rows) {
    const value = {
      firstRow,
      images: encodeTensor(sliceBatch(images, firstRow, firstRow + rows)),
      outcomes: outcomes.slice(firstRow, firstRow + rows).map(sampleOutcomeMessage),
    };
    yield { message: { $case: 'chunk', value } };
  }
}
