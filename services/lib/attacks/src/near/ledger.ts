import { elementCount, gatherBatch, type Tensor } from '@parallax/tensor';
import type { SampleOutcome } from './outcome.ts';
import type { Cost } from './program.ts';

/** What an attack can leave for one sample. */
export interface Finding {
  readonly loss: number;
  readonly prediction?: number;
  /** Updates made when it broke; absent when it did not. */
  readonly brokenAtStep?: number;
}

interface Entry {
  attacked: boolean;
  found: boolean;
  cleanLoss: number;
  cleanPrediction?: number;
  finding: Finding;
  forward: number;
  backward: number;
  zeroGradient: number;
  nanGradient: number;
}

/** Everything that is known about the samples of a batch so far, and the image kept for each: at first the clean one. */
export class Ledger {
  readonly #entries: readonly Entry[];
  readonly #sampleIds: readonly number[];
  readonly #images: Tensor<'float32'>;
  readonly #length: number;

  constructor(clean: Tensor<'float32'>, sampleIds: readonly number[]) {
    this.#sampleIds = sampleIds;
    this.#images = { ...clean, data: clean.data.slice() };
    this.#length = elementCount(clean.dims.slice(1));
    this.#entries = sampleIds.map(() => ({
      attacked: false,
      found: false,
      cleanLoss: Number.NaN,
      finding: { loss: Number.NaN },
      forward: 0,
      backward: 0,
      zeroGradient: 0,
      nanGradient: 0,
    }));
  }

  /** Takes down what the clean image is. It stands as the finding until there is a better one. */
  noteClean(sample: number, finding: Finding): void {
    const entry = this.#entry(sample);
    entry.cleanLoss = finding.loss;
    if (finding.prediction !== undefined) entry.cleanPrediction = finding.prediction;
    entry.finding = finding;
  }

  cleanPrediction(sample: number): number | undefined {
    return this.#entry(sample).cleanPrediction;
  }

  noteAttacked(samples: readonly number[]): void {
    for (const sample of samples) this.#entry(sample).attacked = true;
  }

  addCost(samples: readonly number[], { forward, backward }: Cost, times = 1): void {
    for (const sample of samples) {
      const entry = this.#entry(sample);
      entry.forward += forward * times;
      entry.backward += backward * times;
    }
  }

  addGradients(sample: number, counts: { readonly zero: number; readonly nan: number }): void {
    const entry = this.#entry(sample);
    entry.zeroGradient += counts.zero;
    entry.nanGradient += counts.nan;
  }

  /** Keeps row `row` of `images` for a sample, if it is better than what other restarts have left. */
  keep(sample: number, finding: Finding, images: Tensor, row: number): void {
    const entry = this.#entry(sample);
    if (entry.found && !isBetter(finding, entry.finding)) return;
    entry.found = true;
    entry.finding = finding;
    const pixels = gatherBatch(images as Tensor<'float32'>, [row]).data;
    this.#images.data.set(pixels, sample * this.#length);
  }

  /** One image a sample. */
  get images(): Tensor<'float32'> {
    return this.#images;
  }

  /** Whether any image kept for one of the samples differs from its clean one. */
  hasChanged(samples: readonly number[], clean: Tensor<'float32'>): boolean {
    return samples.some((sample) => {
      const [start, end] = [sample * this.#length, (sample + 1) * this.#length];
      const before = clean.data.subarray(start, end);
      return this.#images.data.subarray(start, end).some((pixel, index) => pixel !== before[index]);
    });
  }

  outcomes(attack: string): readonly SampleOutcome[] {
    return this.#entries.map(({ found: _, finding, cleanPrediction, ...counts }, sample) => ({
      sampleId: this.#sampleIds[sample] as number,
      ...counts,
      ...(cleanPrediction === undefined ? {} : { cleanPrediction }),
      ...finding,
      brokenBy: finding.brokenAtStep === undefined ? '' : attack,
    }));
  }

  #entry(sample: number): Entry {
    const entry = this.#entries[sample];
    if (entry === undefined) throw new RangeError(`sample: expected 0 to ${this.#entries.length - 1}, got ${sample}`);
    return entry;
  }
}

/** Broken is better than not broken, and then more loss is better than less. */
function isBetter(finding: Finding, known: Finding): boolean {
  const [broken, before] = [finding.brokenAtStep !== undefined, known.brokenAtStep !== undefined];
  return broken === before ? finding.loss > known.loss : broken;
}
