import {
  abs,
  add,
  cast,
  clip,
  constant,
  div,
  fixedDim,
  gather,
  greaterOrEqual,
  maximum,
  minimum,
  mul,
  relu,
  sqrt,
  sub,
  type Value,
  vector,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { float32 } from '@parallax/tensor';
import type { Moment } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { l2 } from '../norms/l2.ts';
import { sumPerSample } from '../norms/per-sample.ts';
import { bumps } from './bumps.ts';
import { besideChannels, eitherSign, sumPerChannel } from './per-channel.ts';
import type { SquareMoves, SquareSettings } from './square-procedure.ts';
import { oddWindowSide, sharesByMove } from './square-schedule.ts';
import { tiles } from './tiles.ts';
import { placeWindow, type Window } from './window.ts';

/** Keeps quotients finite. */
const tiny = 1e-12;

/** What the norms in which Square moves bumps differ in. */
interface Space {
  /** The sum of this power of magnitudes is what is moved. */
  readonly power: 1 | 2;
  /** How much more than its share a window gets; what is too much is projected away. */
  readonly surplus: (channels: number) => number;
  /** Brings a change to the size of the ball. */
  readonly settle: (change: Value, clean: Value, ball: Ball) => Value;
}

/** As published; the box may make the change shorter. */
const euclidean: Space = {
  power: 2,
  surplus: () => 1,
  settle: (change, clean, { radius }) =>
    clip(add(clean, mul(change, div(radius, add(l2.measure(change), tiny)))), 0, 1),
};

/** As in AutoAttack for L1. */
const taxicab: Space = {
  power: 1,
  surplus: (channels) => channels,
  settle: (change, clean, { norm, radius }) => norm.contain(add(clean, change), clean, radius),
};

/** Bumps of every side that a window takes, one after the other, and where those of each side begin. */
interface BumpTable {
  readonly values: Value;
  readonly begins: ReadonlyMap<number, number>;
}

/**
 * Algorithm 3 of the paper: what is changed within one window moves into another, together with what the budget has left,
 * in a pattern of two bumps.
 */
function bumpMoves(space: Space, { queries, pInit }: SquareSettings, ball: Ball): SquareMoves {
  const { dims } = ball;
  const [channels] = dims;
  const sides = sharesByMove(queries, pInit).map((share) => oddWindowSide(share, dims));
  const table = bumpTable(sides, space.power);
  const [sideByMove, beginByMove] = [vector(sides), vector(sides.map((side) => table.begins.get(side) ?? 0))];
  return {
    /** Bumps in tiles over all of the image. */
    start: (clean: Value, draw: Draw) => space.settle(tiles(draw, dims, space.power), clean, ball),
    propose: (best: Value, { clean, step, draw }: Moment) => {
      // One draw for all: each costs as much as dozens of numbers.
      const drawn = draw('windows', 'uniform', [5 + channels]);
      const side = gather(sideByMove, step);
      const [into, from] = [placeWindow(drawn, 0, side, dims), placeWindow(drawn, 2, side, dims)];
      const index = add(indexOf(into, side, besideChannels(drawn, 4, 5)), gather(beginByMove, step));
      const pattern = gather(table.values, cast(index, 'int64'));
      const signed = mul(pattern, eitherSign(besideChannels(drawn, 5, 5 + channels)));
      return space.settle(moved(sub(best, clean), { into, from, pattern: signed }, space, ball), clean, ball);
    },
  };
}

/** Square in L2. */
export function l2Moves(settings: SquareSettings, ball: Ball): SquareMoves {
  return bumpMoves(euclidean, settings, ball);
}

/** Square in L1. */
export function l1Moves(settings: SquareSettings, ball: Ball): SquareMoves {
  return bumpMoves(taxicab, settings, ball);
}

/** Where every pixel finds its number in the table of one side, from its place in the window, which may be turned. */
function indexOf({ fromTop, fromLeft }: Window, side: Value, uniform: Value): Value {
  const within = (position: Value): Value => minimum(maximum(position, 0), sub(side, 1));
  const upright = cast(greaterOrEqual(uniform, 0.5), 'float32');
  const extra = mul(upright, sub(side, 1));
  return add(mul(within(fromTop), add(extra, 1)), mul(within(fromLeft), sub(side, extra)));
}

/** A move of one window into another. */
interface Move {
  readonly into: Window;
  readonly from: Window;
  /** [N,C,H,W]; what is outside of the window does not count. */
  readonly pattern: Value;
}

/** The change after a move: what it takes of the budget is what the change before took, and what was left. */
function moved(change: Value, { into, from, pattern }: Move, { power, surplus }: Space, { radius }: Ball): Value {
  const raised = (x: Value): Value => (power === 1 ? abs(x) : mul(x, x));
  const root = (x: Value): Value => (power === 1 ? x : sqrt(x));
  const channels = fixedDim(change.shape, 1);
  const [target, origin] = [mul(into.rows, into.columns), mul(from.rows, from.columns)];
  const both = maximum(target, origin);
  const amounts = raised(change);
  const unused = div(relu(sub(radius ** power, sumPerSample(amounts))), channels);
  const available = mul(root(add(sumPerChannel(mul(amounts, both)), unused)), surplus(channels));
  const before = root(sumPerChannel(mul(amounts, target)));
  const mixture = mul(add(pattern, div(change, add(before, tiny))), target);
  const share = div(available, add(root(sumPerChannel(raised(mixture))), tiny));
  return add(mul(change, sub(1, both)), mul(mixture, share));
}

function bumpTable(sides: readonly number[], power: 1 | 2): BumpTable {
  const begins = new Map<number, number>();
  const values: number[] = [];
  for (const side of new Set(sides)) {
    begins.set(side, values.length);
    values.push(...bumps(side, power));
  }
  return { values: constant(float32([values.length], Float32Array.from(values))), begins };
}
