import {
  add,
  clip,
  div,
  equal,
  gather,
  greaterOrEqual,
  mod,
  mul,
  scalarConstant,
  sqrt,
  type Value,
  vector,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { projected } from '../fixed-budget/step.ts';
import { isLast } from '../last-step.ts';
import { besideImages, everySample } from '../norms/per-sample.ts';

/** How an attack that sees only the objective finds out where it rises, and what it makes of it. */
export interface EstimateSettings {
  /** Steps of the image; each takes `pairs` · 2 looks. */
  readonly moves: number;
  /** Directions tried for one step, each forward and backward. */
  readonly pairs: number;
  /** How far along a direction is looked, in pixels in [0,1]. */
  readonly delta: number;
  /** Length of a step, in the unit of the ball. */
  readonly stepSize: number;
  /** Directions: independent normal numbers (NES), or independent signs (SPSA). */
  readonly law: 'normal' | 'signs';
  /** Steps along the estimate itself, or along its quotient by a running size, value by value (Adam). */
  readonly rule: 'steepest' | 'adam';
}

type EstimateState = {
  readonly images: Value;
  /** The direction looked along, [N,C,H,W], and which way: 1, -1, or 0 for the image itself, [N]. */
  readonly direction: Value;
  readonly way: Value;
  /** Sum of the slopes seen so far, times their directions, [N,C,H,W]. */
  readonly slopes: Value;
  /** Running means of the estimate and of its square, [N,C,H,W]. */
  readonly mean: Value;
  readonly square: Value;
};

const decay = { mean: 0.9, square: 0.999 };
const tiny = 1e-8;

/**
 * Steps up a gradient that is estimated from differences of the objective along random directions. The last look is at the
 * image itself.
 */
export function estimateProcedure(settings: EstimateSettings, ball: Ball): Procedure<EstimateState> {
  const { moves, pairs, delta } = settings;
  const looks = 2 * pairs;
  const steps = moves * looks;
  return {
    steps,
    wanders: true,
    init: (clean, draw) => ({
      images: clean,
      direction: directionOf(settings, draw, ball),
      way: everySample(1, clean),
      slopes: mul(clean, 0),
      mean: mul(clean, 0),
      square: mul(clean, 0),
    }),
    query: ({ images, direction, way }) => clip(add(images, mul(direction, besideImages(mul(way, delta)))), 0, 1),
    update: (state, { loss }, { clean, step, draw }) => {
      const look = mod(step, looks);
      const slopes = add(state.slopes, mul(state.direction, besideImages(mul(loss, state.way))));
      const isPairDone = equal(mod(look, 2), 1);
      const isMove = equal(look, looks - 1);
      const moved = move(settings, { ...state, slopes: div(slopes, looks * delta) }, { clean, step, looks }, ball);
      const next = (value: Value, old: Value): Value => where(isMove, value, old);
      return {
        images: next(moved.images, state.images),
        mean: next(moved.mean, state.mean),
        square: next(moved.square, state.square),
        slopes: where(isMove, 0, slopes),
        direction: where(isPairDone, directionOf(settings, draw, ball), state.direction),
        way: where(isLast(step, steps), 0, mul(state.way, -1)),
      };
    },
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}

function directionOf({ law }: EstimateSettings, draw: Draw, { dims }: Ball): Value {
  if (law === 'normal') return draw('direction', 'normal', dims);
  return where(greaterOrEqual(draw('direction', 'uniform', dims), 0.5), 1, -1);
}

function move(
  { rule, stepSize, moves }: EstimateSettings,
  { images, slopes, mean, square }: EstimateState,
  { clean, step, looks }: { readonly clean: Value; readonly step: Value; readonly looks: number },
  ball: Ball,
): Pick<EstimateState, 'images' | 'mean' | 'square'> {
  if (rule === 'steepest') {
    return { images: projected(add(images, mul(ball.norm.steepest(slopes), stepSize)), clean, ball), mean, square };
  }
  const nextMean = add(mul(mean, decay.mean), mul(slopes, 1 - decay.mean));
  const nextSquare = add(mul(square, decay.square), mul(mul(slopes, slopes), 1 - decay.square));
  const correction = (of: number): Value =>
    gather(
      vector(Array.from({ length: moves }, (_, at) => 1 - of ** (at + 1))),
      div(step, scalarConstant(looks, 'int64')),
    );
  const size = add(sqrt(div(nextSquare, correction(decay.square))), tiny);
  const change = div(div(nextMean, correction(decay.mean)), size);
  return { images: projected(add(images, mul(change, stepSize)), clean, ball), mean: nextMean, square: nextSquare };
}
