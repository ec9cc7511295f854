import { greater, maximum, type Value, where } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { Moment, Procedure } from '../attack.ts';
import { besideImages, everySample } from '../norms/per-sample.ts';

export interface SquareSettings {
  /** Candidates looked at after the start. */
  readonly queries: number;
  /** Share of the image that the first windows cover. */
  readonly pInit: number;
}

/** What Square does in one norm. All images are inside ball and box. */
export interface SquareMoves {
  readonly start: (clean: Value, draw: Draw) => Value;
  /** Changes `best` within a window; each call uses fresh draws. */
  readonly propose: (best: Value, moment: Moment) => Value;
}

type SquareState = {
  /** Where the loss was highest so far, [N,C,H,W], and the loss there, [N]. */
  readonly best: Value;
  readonly bestLoss: Value;
  /** To be looked at next, [N,C,H,W]. */
  readonly candidate: Value;
};

/** Below every loss, and finite. */
const lowest = -3e38;

/** Random search: a candidate becomes the image from which the next one is made when its loss is higher. */
export function squareProcedure({ queries }: SquareSettings, moves: SquareMoves): Procedure<SquareState> {
  return {
    steps: queries,
    init: (clean, draw) => {
      const start = moves.start(clean, draw);
      return { best: start, bestLoss: everySample(lowest, clean), candidate: start };
    },
    query: ({ candidate }) => candidate,
    update: ({ best, bestLoss, candidate }, { loss }, moment) => {
      const better = greater(loss, bestLoss);
      const kept = where(besideImages(better), candidate, best);
      return { best: kept, bestLoss: where(better, loss, bestLoss), candidate: moves.propose(kept, moment) };
    },
    result: ({ best, bestLoss, candidate }, { loss }) => ({
      images: where(besideImages(greater(loss, bestLoss)), candidate, best),
      loss: maximum(loss, bestLoss),
    }),
  };
}
