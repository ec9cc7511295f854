import { add, clip, gather, greaterOrEqual, sub, type Value, vector, where } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { Moment } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { SquareMoves, SquareSettings } from './square-procedure.ts';
import { halvingsByMove, windowSide } from './square-schedule.ts';
import { besideChannels, placeWindow } from './window.ts';

/** Algorithm 2 of the paper: a window in which every channel goes to one end of the ball or the other. */
export function linfMoves({ queries, pInit }: SquareSettings, { dims, radius }: Ball): SquareMoves {
  const [channels, , width] = dims;
  const sides = vector(halvingsByMove(queries).map((halvings) => windowSide(pInit / 2 ** halvings, dims)));
  const end = (clean: Value, side: Value): Value =>
    where(greaterOrEqual(side, 0.5), clip(add(clean, radius), 0, 1), clip(sub(clean, radius), 0, 1));
  return {
    /** Vertical stripes one pixel wide. */
    start: (clean: Value, draw: Draw) => end(clean, draw('start.stripes', 'uniform', [channels, 1, width])),
    propose: (best: Value, { clean, step, draw }: Moment) => {
      const drawn = draw('window', 'uniform', [2 + channels]);
      const [down, across] = [besideChannels(drawn, 0, 1), besideChannels(drawn, 1, 2)];
      const { inside } = placeWindow(down, across, gather(sides, step), dims);
      return where(inside, end(clean, besideChannels(drawn, 2, 2 + channels)), best);
    },
  };
}
