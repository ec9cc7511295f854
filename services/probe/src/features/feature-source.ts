import type { Tensor } from '@parallax/tensor';

/** A head that makes classes of features: the one trained with the encoder, or one from the artifact store. */
export type HeadChoice = { readonly kind: 'own' } | { readonly kind: 'artifact'; readonly digest: string };

/** A batch of images with what their randomness is keyed by. */
export interface Batch {
  /** [N, C, H, W] in [0, 1]. */
  readonly images: Tensor<'float32'>;
  readonly sampleIds: readonly number[];
}

/** How stochastic features are drawn. */
export interface DrawOptions {
  readonly seed: number;
  /** Independent draws that vote; 0 leaves their number to the source. */
  readonly draws: number;
  readonly signal: AbortSignal;
}

/** What a source makes of a batch with a head. */
export interface Classified {
  /** Predicted class of each image. */
  readonly classes: readonly number[];
  /** [N, K], mean over the draws. */
  readonly logits: Tensor<'float32'>;
}

/** Something that turns images into features: a frozen encoder, or nothing at all. */
export interface FeatureSource extends AsyncDisposable {
  /** Equal for sources that give equal features. */
  readonly identity: string;
  /** Peak learning rate that SGD takes unless told otherwise. */
  readonly standardLearningRate: number;
  /** Features [N, F] of a batch, from the first noise draw where there is noise. */
  embed(batch: Batch, options: Omit<DrawOptions, 'draws'>): Promise<Tensor<'float32'>>;
  /**
   * Classes and logits of a batch.
   * @throws NotFoundError HEAD_NOT_FOUND; PreconditionError or RpcError PART_MISSING when the source has no own head.
   */
  classify(batch: Batch, head: HeadChoice, options: DrawOptions): Promise<Classified>;
}
