import type { GivenOptions } from '@parallax/attacks';
import type { Paradigm, Size } from '@parallax/paradigms';

/** What to train, as plain JSON. */
export interface TrainingSpec {
  /** Name to register the encoder under. */
  readonly name: string;
  readonly paradigm: Paradigm;
  readonly size: Size;
  /** Name of the dataset, such as `cifar10:train`. */
  readonly dataset: string;
  readonly seed: number;
  /** Settings of the recipe to change, by name. */
  readonly overrides: GivenOptions;
}

/** The state of the optimisation at one moment. */
export interface TrainingMetrics {
  /** Epochs finished. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  /** Mean loss over the last epoch, or since its start. */
  readonly loss: number;
  /** Of the last step. */
  readonly learningRate: number;
}

/** What a training run leaves behind. */
export interface TrainingResult {
  readonly bundleDigest: string;
  readonly metrics: TrainingMetrics;
  /** Wall time of the optimisation; 0 when reused. */
  readonly trainSeconds: number;
  /** An equal training had been done before. */
  readonly reused: boolean;
}
