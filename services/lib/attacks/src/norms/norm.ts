import type { Operand, Value } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';

export type NormName = 'linf' | 'l2' | 'l1';

/** Shape of one image, [C,H,W]. */
export type ImageDims = readonly [channels: number, height: number, width: number];

/**
 * All that an attack needs to know about a norm. Perturbations and gradients are [N,C,H,W]; a norm is taken over all C·H·W
 * values of one image.
 */
export interface Norm {
  readonly name: NormName;
  /** The largest norm of a difference of two images in [0,1]. */
  readonly diameter: (dims: ImageDims) => number;
  /**
   * The most by which a perturbation of norm `epsilon` can grow through float32 arithmetic, above all when perturbed pixels
   * are rounded. An attack stays that much inside the ball, so that the stored image never is outside.
   */
  readonly rounding: (dims: ImageDims, epsilon: number) => number;
  /** The norm of each sample: → [N,1,1,1]. */
  readonly measure: (perturbation: Value) => Value;
  /** The direction of norm 1 in which a function with this gradient increases most; 0 where the gradient is 0. */
  readonly steepest: (gradient: Value) => Value;
  /** The nearest perturbation of at most this norm; the radius is a number, or one a sample [N,1,1,1]. */
  readonly project: (perturbation: Value, radius: Operand) => Value;
  /**
   * Brings images into ball and box, [0,1], around clean ones: the nearest there are in L1; in Linf and L2, as published,
   * the nearest in the ball and then the nearest in the box.
   */
  readonly contain: (images: Value, clean: Value, radius: Operand) => Value;
  /**
   * The dual norm of each sample's gradient: → [N,1,1,1]. A linear function with this gradient changes by at most so much
   * per unit of norm.
   */
  readonly dual: (gradient: Value) => Value;
  /** A random perturbation of norm at most 1. */
  readonly inside: (draw: Draw, dims: ImageDims) => Value;
  /** A random perturbation of norm exactly 1. */
  readonly boundary: (draw: Draw, dims: ImageDims) => Value;
}

/** A pixel is rounded by at most half of the distance between float32 numbers below 1. */
export const pixelRounding = 2 ** -25;
