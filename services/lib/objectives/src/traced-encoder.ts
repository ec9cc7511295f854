import type { Value } from '@parallax/graph';
import type { Draw } from './draws.ts';

/**
 * An encoder as objectives see it: each part is a traced function from values to values. Parts that an encoder does not
 * have are left out; which objectives it can express follows from that.
 */
export interface TracedEncoder {
  /** Images [N,C,H,W] in [0,1] → features [N,D]. A deterministic encoder asks for no draw. */
  readonly encode: (images: Value, draw: Draw) => Value;
  /** Features → logits [N,K], through the head that the request names. */
  readonly classify?: (features: Value) => Value;
  /** Features → projections [N,P]. */
  readonly project?: (features: Value) => Value;
  /** Hides patches of the images and predicts them. `maskRatio` is the fraction hidden, the encoder's own when left out. */
  readonly reconstruct?: (images: Value, draw: Draw, maskRatio?: number) => Reconstruction;
  /** Images in [0,1], the noise mixed into them [N,C,H,W] and a timestep → predicted noise [N,C,H,W]. */
  readonly denoise?: (images: Value, noise: Value, timestep: Value | number) => Value;
  /** Present together with `denoise`. */
  readonly diffusion?: DiffusionSchedule;
}

/** Leading axis N. `mask` broadcasts against the other two and is 1 where pixels were hidden, 0 elsewhere. */
export interface Reconstruction {
  readonly prediction: Value;
  /** What the prediction should be: the images given, pixels scaled to [-1,1]. Does not depend on the mask. */
  readonly target: Value;
  readonly mask: Value;
}

/** What `denoise` does to an image before it predicts. */
export interface DiffusionSchedule {
  /** The timestep at which the encoder takes its features, counted from 0. */
  readonly timestep: number;
  /** ᾱ_t of every timestep: the image, scaled to [-1,1], is multiplied by √ᾱ_t and the noise by √(1 - ᾱ_t). */
  readonly alphaBar: readonly number[];
}
