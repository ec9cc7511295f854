import type { Value } from '@parallax/graph';
import type { Draw } from './draws.ts';
import type { TracedEncoder } from './traced-encoder.ts';

/** Away from the truth (own label, own clean image), or toward a target label or a reference image. */
export type Direction = 'away' | 'toward';

/** A part of the encoder that an objective calls besides `encode`. */
export type Part = 'classify' | 'project' | 'reconstruct' | 'denoise';

/** Something an objective must be given besides the images. */
export type Given = 'labels' | 'targets' | 'reference' | 'negatives' | 'augment';

/** Images that others are told apart from. They are the same for the whole request and not the rest of a batch. */
export interface Negatives {
  /** [M,C,H,W] in [0,1]. */
  readonly images: Value;
  /** [N,M]: 1 where the image is a negative of the sample, 0 where it is the sample's own. */
  readonly mask: Value;
  /** Draws for the negatives: leading axis M. */
  readonly draw: Draw;
}

/** Everything a loss may depend on besides the perturbed images. All leading axes are N unless said otherwise. */
export interface ObjectiveContext {
  readonly encoder: TracedEncoder;
  /** Clean images [N,C,H,W]. */
  readonly clean: Value;
  /** True classes, int64 [N]. */
  readonly labels?: Value;
  /** Target classes, int64 [N]. */
  readonly targets?: Value;
  /** The image that each sample is pushed toward [N,C,H,W]. */
  readonly reference?: Value;
  readonly negatives?: Negatives;
  /** The differentiable augmentation that the encoder was trained with: images → images. */
  readonly augment?: (images: Value, draw: Draw) => Value;
  readonly draw: Draw;
}

export interface Evaluation {
  /** [N]: larger is better for the attacker. */
  readonly loss: Value;
  /** [N,K], where the objective has made them anyway. */
  readonly logits?: Value;
  /** A sentence for the record, when the loss is not the one its name promises. */
  readonly note?: string;
}

/**
 * What an attacker increases: one number a sample, whatever the direction. The loss of one sample depends on no other
 * sample of the batch, so its gradient with respect to the batch is the gradient of each sample.
 */
export interface Objective {
  readonly name: string;
  /** Citation. */
  readonly paper: string;
  readonly direction: Direction;
  readonly needs: readonly (Part | Given)[];
  /**
   * Traces the loss of images [N,C,H,W].
   * @throws PreconditionError when the encoder lacks a part, InputError when something needed is not given.
   */
  readonly loss: (images: Value, context: ObjectiveContext) => Evaluation;
}
