import type { ImageDims } from '../norms/norm.ts';
import { project, type ReferenceBall, type Vector } from './reference.ts';

// Square once more: for one image, in float64, window by window, as the public implementation paints and moves patterns.

/** Of 10 000 queries; the public schedule, written down a second time. */
const halvedAfter = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

interface Setting {
  readonly dims: ImageDims;
  readonly ball: ReferenceBall;
}

function shareAt(query: number, queries: number, pInit: number): number {
  const scaled = Math.trunc((query * 10_000) / queries);
  return halvedAfter.reduce((share, after) => (scaled > after ? share / 2 : share), pInit);
}

/** The side of the window of a query. */
export function squareSide(query: number, queries: number, pInit: number, { dims, ball }: Setting): number {
  const [, height, width] = dims;
  const side = Math.round(Math.sqrt(shareAt(query, queries, pInit) * height * width));
  if (ball.norm === 'linf') return Math.min(Math.max(side, 1), height, width);
  const wide = Math.max(side, 3);
  return Math.min(wide % 2 === 0 ? wide + 1 : wide, height, width);
}

/** Where the search starts, given the numbers drawn for it: stripes in Linf, tiles in the others. */
export function squareStart(clean: Vector, drawn: Vector, { dims, ball }: Setting): Vector {
  const [, height, width] = dims;
  if (ball.norm === 'linf') {
    return clean.map((value, at) => {
      const channel = Math.floor(at / (height * width));
      const sign = (drawn[channel * width + (at % width)] ?? 0) < 0.5 ? -1 : 1;
      return Math.max(0, Math.min(1, value + sign * ball.radius));
    });
  }
  return settle(clean, tiled(drawn, dims, ball.norm === 'l1' ? 1 : 2), ball);
}

/** The next candidate, given the numbers drawn for it. */
export function squareMove(best: Vector, clean: Vector, side: number, drawn: Vector, setting: Setting): Vector {
  const { ball } = setting;
  return ball.norm === 'linf'
    ? pushWindow(best, clean, side, drawn, setting)
    : settle(clean, moveWindow(minus(best, clean), side, drawn, setting), ball);
}

function minus(a: Vector, b: Vector): Vector {
  return a.map((value, at) => value - (b[at] ?? 0));
}

/** In L2 scaled to the radius and clipped, in L1 the nearest in ball and box. */
function settle(clean: Vector, change: Vector, ball: ReferenceBall): Vector {
  const moved = (factor: number): Vector => clean.map((value, at) => value + factor * (change[at] ?? 0));
  if (ball.norm === 'l1') return project(moved(1), clean, ball);
  return moved(ball.radius / (Math.hypot(...change) + 1e-12)).map((value) => Math.max(0, Math.min(1, value)));
}

/** Algorithm 2 of Andriushchenko et al. 2020: the window goes to one end of the ball, channel by channel. */
function pushWindow(best: Vector, clean: Vector, side: number, drawn: Vector, { dims, ball }: Setting): Vector {
  const next = [...best];
  const [top, left] = cornerAt(drawn, 0, side, dims);
  for (const { at, channel } of windowOf(top, left, side, dims)) {
    const sign = (drawn[2 + channel] ?? 0) < 0.5 ? -1 : 1;
    next[at] = Math.max(0, Math.min(1, (clean[at] ?? 0) + sign * ball.radius));
  }
  return next;
}

/** Algorithm 3: the change in two windows, and what is left of the budget, become a pattern in the first of them. */
function moveWindow(change: Vector, side: number, drawn: Vector, { dims, ball }: Setting): Vector {
  const power = ball.norm === 'l1' ? 1 : 2;
  const [channels] = dims;
  const into = windowOf(...cornerAt(drawn, 0, side, dims), side, dims);
  const from = windowOf(...cornerAt(drawn, 2, side, dims), side, dims);
  const drawing = turnedIf((drawn[4] ?? 0) < 0.5, pattern(side, power), side);
  const sizeOf = (values: Vector): number =>
    values.reduce((sum, value) => sum + Math.abs(value) ** power, 0) ** (1 / power);
  const left = Math.max(0, ball.radius ** power - sizeOf(change) ** power) / channels;
  const next = [...change];
  for (const { at } of from) next[at] = 0;
  for (let channel = 0; channel < channels; channel++) {
    const target = into.filter((pixel) => pixel.channel === channel).map(({ at }) => at);
    const origin = from.filter((pixel) => pixel.channel === channel).map(({ at }) => at);
    const old = target.map((at) => change[at] ?? 0);
    const used = sizeOf([...new Set([...target, ...origin])].map((at) => change[at] ?? 0));
    const sign = (drawn[5 + channel] ?? 0) < 0.5 ? -1 : 1;
    const mixed = old.map((value, place) => sign * (drawing[place] ?? 0) + value / (1e-12 + sizeOf(old)));
    const available = power === 1 ? (left + used) * channels : Math.sqrt(left + used ** 2);
    target.forEach((at, place) => {
      next[at] = ((mixed[place] ?? 0) / (1e-12 + sizeOf(mixed))) * available;
    });
  }
  return next;
}

/** Which of the places where a window fits two uniform numbers mean. */
function cornerAt(drawn: Vector, at: number, side: number, [, height, width]: ImageDims): [number, number] {
  return [Math.floor((drawn[at] ?? 0) * (height + 1 - side)), Math.floor((drawn[at + 1] ?? 0) * (width + 1 - side))];
}

/** The pixels of a window, channel by channel and row by row. */
function windowOf(top: number, left: number, side: number, [channels, height, width]: ImageDims) {
  const pixels: { readonly at: number; readonly channel: number }[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let row = top; row < top + side; row++) {
      for (let column = left; column < left + side; column++) {
        pixels.push({ at: (channel * height + row) * width + column, channel });
      }
    }
  }
  return pixels;
}

/** A pattern in every tile, turned or not, with a sign for each channel; `drawn` says which, [1 + C, rows, columns]. */
function tiled(drawn: Vector, dims: ImageDims, power: 1 | 2): Vector {
  const [channels, height, width] = dims;
  const side = Math.max(1, Math.floor(Math.min(height, width) / 5));
  const [down, across] = [Math.floor(height / side), Math.floor(width / side)];
  const [top, left] = [Math.floor((height % side) / 2), Math.floor((width % side) / 2)];
  const change = Array<number>(channels * height * width).fill(0);
  for (let tile = 0; tile < down * across; tile++) {
    const [row, column] = [top + side * Math.floor(tile / across), left + side * (tile % across)];
    const drawing = turnedIf((drawn[tile] ?? 0) < 0.5, pattern(side, power), side);
    windowOf(row, column, side, dims).forEach(({ at, channel }, place) => {
      const sign = (drawn[(1 + channel) * down * across + tile] ?? 0) < 0.5 ? -1 : 1;
      change[at] = sign * (drawing[place % side ** 2] ?? 0);
    });
  }
  return change;
}

function turnedIf(isTurned: boolean, square: Vector, side: number): Vector {
  return isTurned ? square.map((_, at) => square[(at % side) * side + Math.floor(at / side)] ?? 0) : square;
}

/** Two bumps of opposite signs, one above the other, of size 1 together. */
function pattern(side: number, power: 1 | 2): Vector {
  const upper = Math.floor(side / 2);
  const lower = bump(side - upper, side, power).map((value) => -value);
  return scaled([...bump(upper, side, power), ...lower], power);
}

/** Squares painted over each other around the middle, each larger and fainter than the one before. */
function bump(height: number, width: number, power: 1 | 2): Vector {
  const painted = Array<number>(height * width).fill(0);
  const [middleRow, middleColumn] = [Math.floor(height / 2), Math.floor(width / 2)];
  for (let reach = 0; reach <= Math.max(middleRow, middleColumn); reach++) {
    for (let row = Math.max(0, middleRow - reach); row <= Math.min(height - 1, middleRow + reach); row++) {
      for (
        let column = Math.max(0, middleColumn - reach);
        column <= Math.min(width - 1, middleColumn + reach);
        column++
      ) {
        painted[row * width + column] = (painted[row * width + column] ?? 0) + (reach + 1) ** (power === 2 ? -2 : -4);
      }
    }
  }
  return scaled(painted, power);
}

function scaled(values: Vector, power: 1 | 2): Vector {
  const size = values.reduce((sum, value) => sum + Math.abs(value) ** power, 0) ** (1 / power);
  return values.map((value) => value / Math.max(size, 1e-300));
}
