import { abs, add, div, maximum, mul, type Value } from '@parallax/graph';
import type { Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { sumPerSample } from '../norms/per-sample.ts';

export interface MomentumSettings {
  /** Moves of the iterate. */
  readonly steps: number;
  /** Length of a move, in the unit of the ball. */
  readonly stepSize: number;
  /** Factor of the momentum so far when a gradient is added. */
  readonly decay: number;
}

export type MomentumState = {
  /** The iterate, [N,C,H,W]. */
  readonly images: Value;
  /** Decaying sum of the gradients so far, each scaled to L1 norm 1, [N,C,H,W]. */
  readonly momentum: Value;
};

/** Keeps quotients finite where the gradient is 0. */
const tiny = 1e-30;

/** At the clean images, without momentum. */
export function startMomentum(clean: Value): MomentumState {
  return { images: clean, momentum: mul(clean, 0) };
}

/** The momentum once a gradient has been added to it. */
export function accumulate(momentum: Value, gradient: Value, { decay }: MomentumSettings): Value {
  return add(mul(momentum, decay), div(gradient, maximum(sumPerSample(abs(gradient)), tiny)));
}

/** The iterate after a move along the momentum, in ball and box. */
export function move(
  { images, momentum }: MomentumState,
  clean: Value,
  { stepSize }: MomentumSettings,
  { norm, radius }: Ball,
): Value {
  return norm.contain(add(images, mul(norm.steepest(momentum), stepSize)), clean, radius);
}

/** One look a move, at the iterate. `shape` makes of the gradient there what is added to the momentum. */
export function momentumProcedure(
  settings: MomentumSettings,
  ball: Ball,
  shape: (gradient: Value) => Value = (gradient) => gradient,
): Procedure<MomentumState> {
  return {
    steps: settings.steps,
    init: startMomentum,
    query: ({ images }) => images,
    update: ({ images, momentum }, { gradient }, { clean }) => {
      const next = accumulate(momentum, shape(gradient), settings);
      return { images: move({ images, momentum: next }, clean, settings, ball), momentum: next };
    },
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}
