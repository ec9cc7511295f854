/** How a linear head is fitted, with everything filled in; plain JSON. */
export type FittingRecipe = ConjugateGradientsRecipe | SgdRecipe;

export interface ConjugateGradientsRecipe {
  readonly solver: 'conjugate-gradients';
  /** Passes over the training images; null: as many as lower the held-out loss. */
  readonly epochs: number | null;
  /** L2 penalty; null: the best on the held-out images. */
  readonly weightDecay: number | null;
  readonly standardize: boolean;
}

export interface SgdRecipe {
  readonly solver: 'sgd';
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly gradientClip: number;
  readonly standardize: boolean;
}
