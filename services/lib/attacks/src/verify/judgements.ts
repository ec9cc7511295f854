import type { Tensor } from '@parallax/tensor';
import type { Votes } from './verdict-rule.ts';

/** What images were judged as. Entries of one index belong together. */
export interface Judgements {
  /** The class of each image: most votes. */
  readonly classes: readonly number[];
  /** Votes of the draws made, where the encoder is stochastic; undefined for an image that was not asked about. */
  readonly votes?: readonly (Votes | undefined)[];
}

/** How images are to be judged. Deterministic encoders need neither. */
export interface JudgeOptions {
  /** Of the noise. */
  readonly seed: bigint;
  /** Make all draws, also those that could not change the class any more: votes are then fit to be counted. */
  readonly allDraws: boolean;
}

/** A fresh pass: images [N,C,H,W] in [0,1] → what each is, keyed by sample id. */
export type Predict = (
  images: Tensor<'float32'>,
  sampleIds: readonly number[],
  options: JudgeOptions,
) => Promise<Judgements>;
