import { elementCount, gatherBatch, type Tensor } from '@parallax/tensor';
import type { NormName } from '../norms/norm.ts';
import { measure } from '../verify/measure.ts';
import type { SampleOutcome } from './outcome.ts';
import type { Cost } from './program.ts';

/** What an attack can leave for one sample. */
export interface Finding {
  readonly loss: number;
  readonly prediction?: number;
  /** Updates made when it broke; absent when it did not. */
  readonly brokenAtStep?: number;
}

/** What is kept for a sample, and which attack found it. */
interface Kept {
  readonly by: string;
  readonly finding: Finding;
  /** From the clean image; Infinity where distances are not compared. */
  readonly distance: number;
}

interface Entry {
  attacked: boolean;
  kept?: Kept;
  cleanLoss: number;
  cleanPrediction?: number;
  forward: number;
  backward: number;
  zeroGradient: number;
  nanGradient: number;
}

/** Everything that is known about the samples of a batch so far, and the image kept for each: at first the clean one. */
export class Ledger {
  readonly #entries: readonly Entry[];
  readonly #sampleIds: readonly number[];
  readonly #clean: Tensor<'float32'>;
  readonly #images: Tensor<'float32'>;
  readonly #length: number;
  readonly #nearestIn: NormName | undefined;

  /** `nearestIn`: of several images that break a sample the one nearest in this norm is kept. Default: the first. */
  constructor(clean: Tensor<'float32'>, sampleIds: readonly number[], nearestIn?: NormName) {
    this.#sampleIds = sampleIds;
    this.#nearestIn = nearestIn;
    this.#clean = clean;
    this.#images = { ...clean, data: clean.data.slice() };
    this.#length = elementCount(clean.dims.slice(1));
    this.#entries = sampleIds.map(() => ({
      attacked: false,
      cleanLoss: Number.NaN,
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

  /** Whether some attack has broken the sample. */
  isBroken(sample: number): boolean {
    return this.#entry(sample).kept?.finding.brokenAtStep !== undefined;
  }

  /** Share of the gradients taken for a sample that were zero everywhere or held a NaN; 0 before the first. */
  uselessGradients(sample: number): number {
    const { zeroGradient, nanGradient, backward } = this.#entry(sample);
    return backward === 0 ? 0 : (zeroGradient + nanGradient) / backward;
  }

  /**
   * Keeps row `row` of `images` for a sample, if it is better than what other starts have left. Losses of different attacks
   * are not compared: of images that do not break a sample, that of the first attack is kept.
   */
  keep(sample: number, by: string, finding: Finding, images: Tensor, row: number): void {
    const entry = this.#entry(sample);
    const pixels = gatherBatch(images as Tensor<'float32'>, [row]).data;
    const offered = { by, finding, distance: this.#distance(sample, pixels) };
    if (entry.kept !== undefined && !isBetter(offered, entry.kept)) return;
    entry.kept = offered;
    this.#images.data.set(pixels, sample * this.#length);
  }

  #distance(sample: number, pixels: Float32Array): number {
    if (this.#nearestIn === undefined) return Number.POSITIVE_INFINITY;
    const clean = this.#clean.data.subarray(sample * this.#length, (sample + 1) * this.#length);
    return measure(clean, pixels)[this.#nearestIn];
  }

  /** One image a sample. */
  get images(): Tensor<'float32'> {
    return this.#images;
  }

  /** Whether any image kept for one of the samples differs from its clean one. */
  hasChanged(samples: readonly number[]): boolean {
    return samples.some((sample) => {
      const [start, end] = [sample * this.#length, (sample + 1) * this.#length];
      const before = this.#clean.data.subarray(start, end);
      return this.#images.data.subarray(start, end).some((pixel, index) => pixel !== before[index]);
    });
  }

  outcomes(): readonly SampleOutcome[] {
    return this.#entries.map(({ kept, ...counts }, sample) => ({
      sampleId: this.#sampleIds[sample] as number,
      ...counts,
      ...(kept?.finding ?? untouched(counts)),
      brokenBy: kept?.finding.brokenAtStep === undefined ? '' : kept.by,
    }));
  }

  #entry(sample: number): Entry {
    const entry = this.#entries[sample];
    if (entry === undefined) throw new RangeError(`sample: expected 0 to ${this.#entries.length - 1}, got ${sample}`);
    return entry;
  }
}

/** The clean image as a finding. */
function untouched({ cleanLoss, cleanPrediction }: Omit<Entry, 'kept'>): Finding {
  return { loss: cleanLoss, ...(cleanPrediction === undefined ? {} : { prediction: cleanPrediction }) };
}

/** Broken is better than not broken; then nearer is better, and then more loss. */
function isBetter(offered: Kept, known: Kept): boolean {
  const [broken, before] = [offered, known].map(({ finding }) => finding.brokenAtStep !== undefined);
  if (broken !== before) return broken === true;
  if (broken && offered.distance !== known.distance) return offered.distance < known.distance;
  return offered.by === known.by && offered.finding.loss > known.finding.loss;
}
