import {
  add,
  clip,
  gather,
  greaterOrEqual,
  maximum,
  minimum,
  mul,
  sub,
  type Value,
  vector,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { Moment } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { SquareMoves, SquareSettings } from './square-procedure.ts';
import { halvingsByMove, windowSide } from './square-schedule.ts';
import { besideChannels, placeWindow } from './window.ts';

/** Longer than the way from any pixel to any other, so that a push ends at the end of the ball. */
const push = 2;

/** Algorithm 2 of the paper: a window in which every channel goes to one end of the ball or the other. */
export function linfMoves({ queries, pInit }: SquareSettings, { dims, radius }: Ball): SquareMoves {
  const [channels, , width] = dims;
  const sides = vector(halvingsByMove(queries).map((halvings) => windowSide(pInit / 2 ** halvings, dims)));
  const confined = (images: Value, clean: Value): Value =>
    minimum(maximum(images, clip(sub(clean, radius), 0, 1)), clip(add(clean, radius), 0, 1));
  return {
    /** Vertical stripes one pixel wide. */
    start: (clean: Value, draw: Draw) =>
      confined(add(clean, pushes(draw('start.stripes', 'uniform', [channels, 1, width]))), clean),
    propose: (best: Value, { clean, step, draw }: Moment) => {
      // One draw for all: each costs as much as dozens of numbers.
      const drawn = draw('window', 'uniform', [2 + channels]);
      const { rows, columns } = placeWindow(drawn, gather(sides, step), dims);
      const pushed = pushes(besideChannels(drawn, 2, 2 + channels));
      return confined(add(best, mul(mul(pushed, rows), columns)), clean);
    },
  };
}

/** Up or down, as a uniform number falls. */
function pushes(uniform: Value): Value {
  return where(greaterOrEqual(uniform, 0.5), push, -push);
}
