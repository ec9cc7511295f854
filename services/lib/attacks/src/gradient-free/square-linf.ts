import { add, clip, gather, maximum, minimum, mul, sub, type Value, vector } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { Moment } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { besideChannels, eitherSign } from './per-channel.ts';
import type { SquareMoves, SquareSettings } from './square-procedure.ts';
import { sharesByMove, windowSide } from './square-schedule.ts';
import { placeWindow } from './window.ts';

/** Longer than the way from any pixel to any other, so that a push ends at the end of the ball. */
const push = 2;

/** Algorithm 2 of the paper: a window in which every channel goes to one end of the ball or the other. */
export function linfMoves({ queries, pInit }: SquareSettings, { dims, radius }: Ball): SquareMoves {
  const [channels, , width] = dims;
  const sides = vector(sharesByMove(queries, pInit).map((share) => windowSide(share, dims)));
  const confined = (images: Value, clean: Value): Value =>
    minimum(maximum(images, clip(sub(clean, radius), 0, 1)), clip(add(clean, radius), 0, 1));
  return {
    /** Vertical stripes one pixel wide. */
    start: (clean: Value, draw: Draw) => {
      const stripes = eitherSign(draw('start.stripes', 'uniform', [channels, 1, width]));
      return confined(add(clean, mul(stripes, push)), clean);
    },
    propose: (best: Value, { clean, step, draw }: Moment) => {
      // One draw for all: each costs as much as dozens of numbers.
      const drawn = draw('window', 'uniform', [2 + channels]);
      const { rows, columns } = placeWindow(drawn, 0, gather(sides, step), dims);
      const pushed = mul(eitherSign(besideChannels(drawn, 2, 2 + channels)), push);
      return confined(add(best, mul(mul(pushed, rows), columns)), clean);
    },
  };
}
