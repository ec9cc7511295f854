import type { Tensor } from '@parallax/tensor';

/** What a head is fitted on. Row i of `features` [N, F] belongs to label i [N]. */
export interface TrainingData {
  readonly features: Tensor<'float32'>;
  readonly labels: Tensor<'int64'>;
  readonly classes: number;
}

/** A linear head on features as they come: logits = features · weight [F, K] + bias [1, K]. */
export interface LinearHead {
  readonly weight: Tensor<'float32'>;
  readonly bias: Tensor<'float32'>;
}

/** Progress of a fit. */
export interface FittingProgress {
  /** `choose`: settings are being chosen on held-out images; `fit`: the head is being fitted. */
  readonly stage: 'choose' | 'fit';
  readonly done: number;
  /** Passes of the stage; 0 when that shows only at the end. */
  readonly total: number;
}

export type OnProgress = (progress: FittingProgress) => void;

/** The same as a design matrix [N, D]: features standardised, with a column of ones for the biases. */
export interface DesignData {
  readonly design: Tensor<'float32'>;
  readonly labels: Tensor<'int64'>;
  readonly classes: number;
}
