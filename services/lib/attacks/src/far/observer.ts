import type { Tensor } from '@parallax/tensor';
import type { LookPurpose } from '../near/place-look.ts';

/** What is asked about images. */
export interface LookRequest {
  /** The samples looked at: rows of the batch. */
  readonly samples: readonly number[];
  /** Where to look, [n,C,H,W], one image for each of `samples`. */
  readonly images: Tensor;
  /** Classes aimed at, in place of those of the batch. */
  readonly targets?: readonly number[];
  readonly purpose: LookPurpose;
  readonly restart: number;
  readonly step: number;
  /** Index of the first of the draws. */
  readonly firstDraw: number;
  /** Looks averaged. */
  readonly draws: number;
  /** Whether the gradient is wanted. */
  readonly gradient: boolean;
}

/** What was seen. */
export interface Seen {
  /** [n] */
  readonly loss: Tensor;
  /** [n,C,H,W], if wanted. */
  readonly gradient?: Tensor;
  /** [n,K]; absent without a head. */
  readonly logits?: Tensor;
}

/** Looks at images of one batch for an attack that is placed far: an objective on an encoder, wherever that is. */
export interface Observer {
  look(request: LookRequest): Promise<Seen>;
}
