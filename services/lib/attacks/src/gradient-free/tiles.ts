import { constant, gather, greaterOrEqual, mul, slice, type Value, where } from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { float32, int64 } from '@parallax/tensor';
import type { ImageDims } from '../norms/norm.ts';
import { bumps } from './bumps.ts';
import { eitherSign } from './per-channel.ts';

/** Tiles along the shorter side of an image. */
const tilesAcross = 5;

/** Tiles along one side of an image: as many as fit, in the middle. */
interface Tiling {
  readonly count: number;
  /** For every pixel the tile it is in, or the nearest. */
  readonly tile: readonly number[];
  /** For every pixel its place in the tile; negative between the border and the tiles. */
  readonly place: readonly number[];
}

/** Where Square starts in L2 and L1: two bumps in every tile, each with signs a channel and turned or not: → [N,C,H,W]. */
export function tiles(draw: Draw, dims: ImageDims, power: 1 | 2): Value {
  const [channels, height, width] = dims;
  const side = Math.max(Math.floor(Math.min(height, width) / tilesAcross), 1);
  const [down, across] = [tiling(height, side), tiling(width, side)];
  const drawn = draw('start.tiles', 'uniform', [1 + channels, down.count, across.count]);
  const beside = gather(gather(drawn, indices(down.tile), 2), indices(across.tile), 3);
  const turned = slice(beside, [{ axis: 1, start: 0, end: 1 }]);
  const signs = eitherSign(slice(beside, [{ axis: 1, start: 1, end: 1 + channels }]));
  const [upright, onSide] = patterns(bumps(side, power), side, down, across);
  return mul(where(greaterOrEqual(turned, 0.5), upright, onSide), signs);
}

function tiling(length: number, side: number): Tiling {
  const count = Math.floor(length / side);
  const border = Math.floor((length - count * side) / 2);
  const pixels = Array.from({ length }, (_, pixel) => pixel - border);
  return {
    count,
    tile: pixels.map((pixel) => Math.min(Math.max(Math.floor(pixel / side), 0), count - 1)),
    place: pixels.map((pixel) => (pixel < 0 || pixel >= count * side ? -1 : pixel % side)),
  };
}

function indices(numbers: readonly number[]): Value {
  return constant(int64([numbers.length], numbers));
}

/** The bumps in every tile, all upright and all on their side: [1,1,H,W], 0 outside of the tiles. */
function patterns(bump: Float32Array, side: number, down: Tiling, across: Tiling): readonly [Value, Value] {
  const dims = [1, 1, down.place.length, across.place.length];
  const drawnWith = (at: (row: number, column: number) => number): Value => {
    const pixels = down.place.flatMap((row) =>
      across.place.map((column) => (row < 0 || column < 0 ? 0 : (bump[at(row, column)] ?? 0))),
    );
    return constant(float32(dims, Float32Array.from(pixels)));
  };
  return [drawnWith((row, column) => row * side + column), drawnWith((row, column) => column * side + row)];
}
