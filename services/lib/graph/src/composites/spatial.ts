import { add, convTranspose, matMul, mul, reshapeTo, slice, sub, transpose } from '../build.ts';
import { type Dim, divideDims, formatShape, shapeSize } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { constantLike, fixed, int, ints, requireRank, string } from '../operators/shared.ts';
import { convolvedLengths, filledWindow, transposedWindow } from '../operators/window.ts';
import type { Value } from '../value.ts';
import { type Composite, composite, constantInput, requiredInputs } from './composite.ts';
import { cubicTaps, linearTaps, nearestTap, reflected, sample, type Tap, within } from './grid.ts';

interface GridSample {
  readonly align_corners: number;
  readonly mode: string;
  readonly padding_mode: string;
}

/** The taps of each mode, under its name before and since operator set 20. */
const modes: Readonly<Record<string, (place: Value) => readonly Tap[]>> = {
  linear: linearTaps,
  bilinear: linearTaps,
  nearest: nearestTap,
  cubic: cubicTaps,
  bicubic: cubicTaps,
};

type Move = (place: Value, length: number, alignCorners: boolean) => Value;

const paddings: Readonly<Record<string, Move>> = {
  zeros: (place) => place,
  border: within,
  reflection: reflected,
};

function choose<T>(name: string, choices: Readonly<Record<string, T>>, chosen: string): T {
  const choice = Object.hasOwn(choices, chosen) ? choices[chosen] : undefined;
  if (choice !== undefined) return choice;
  throw new GraphError('GridSample', `${name}: expected one of ${Object.keys(choices).join(', ')}, got ${chosen}`);
}

/**
 * x [N, C, ...spatial] at the places of a grid [N, ...places, spatial axes], whose coordinates run from -1 to 1, the last
 * axis first.
 */
function gridSample(x: Value, grid: Value, { align_corners, mode, padding_mode }: GridSample): Value {
  const axes = x.shape.length - 2;
  requireRank('GridSample', 'grid', grid, x.shape.length);
  if (grid.shape.at(-1) !== axes) {
    throw new GraphError('GridSample', `grid: expected ${axes} coordinates, got ${formatShape(grid.shape)}`);
  }
  const [batch = 1, ...places] = grid.shape.slice(0, -1);
  const aligned = align_corners === 1;
  const [tapsOf, move] = [choose('mode', modes, mode), choose('padding_mode', paddings, padding_mode)];
  const whole = tapsOf === cubicTaps;
  const taps = x.shape.slice(2).map((dim, axis) => {
    const length = fixed('GridSample', 'spatial', dim);
    const start = axes - 1 - axis;
    const coordinate = reshapeTo(slice(grid, [{ axis: axes + 1, start, end: start + 1 }]), [batch, shapeSize(places)]);
    const scaled = mul(add(coordinate, 1), (aligned ? length - 1 : length) / 2);
    const place = aligned ? scaled : sub(scaled, 0.5);
    // A cubic mixes the padded axis; the others move the place itself into the axis.
    return tapsOf(whole ? place : move(place, length, aligned));
  });
  const bring = (index: Value, length: number): Value => (whole ? move(index, length, aligned) : index);
  return reshapeTo(sample(x, { taps, bring }), [batch, x.shape[1] ?? 1, ...places]);
}

/** Coordinates from -1 to 1 of the entries of an axis: at its ends, or in the middle of equal parts. */
function axisCoordinates(length: number, aligned: boolean): readonly number[] {
  return Array.from({ length }, (_, at) => {
    if (aligned) return length === 1 ? 0 : -1 + (2 * at) / (length - 1);
    return (2 * at + 1) / length - 1;
  });
}

/** Every place of an image of the size given under affine maps theta [N, axes, axes + 1] → [N, ...spatial, axes]. */
function affineGrid(theta: Value, size: readonly number[], aligned: boolean): Value {
  const spatial = size.slice(2);
  const places = spatial.reduce<readonly (readonly number[])[]>(
    (all, length) => all.flatMap((place) => axisCoordinates(length, aligned).map((at) => [...place, at])),
    [[]],
  );
  const homogeneous = places.flatMap((place) => [...[...place].reverse(), 1]);
  const dims = [places.length, spatial.length + 1];
  const base = constantLike(theta, dims, homogeneous);
  return reshapeTo(matMul(base, transpose(theta, [0, 2, 1])), [theta.shape[0] ?? 1, ...spatial, spatial.length]);
}

interface Col2Im {
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Sums columns of blocks [N, C·block, places] where they overlap in images [N, C, ...image]: a transposed convolution
 * whose kernels have a single 1.
 */
function col2im(x: Value, image: readonly number[], block: readonly number[], given: Col2Im): Value {
  requireRank('Col2Im', 'x', x, 3);
  const window = filledWindow({ kernel_shape: block, ...given });
  const size = block.reduce((product, length) => product * length, 1);
  const [batch = 1, rows, columns] = x.shape;
  const channels: Dim | undefined = divideDims(fixed('Col2Im', 'rows', rows), size);
  const places = convolvedLengths('Col2Im', image, window);
  if (typeof channels !== 'number' || columns !== shapeSize(places)) {
    const wanted = `[N, a multiple of ${size}, ${shapeSize(places)}]`;
    throw new GraphError('Col2Im', `x: expected ${wanted}, got ${formatShape(x.shape)}`);
  }
  const kernels = Array.from({ length: channels * size * size }, (_, at) =>
    Number(Math.floor(at / size) % size === at % size),
  );
  const weight = constantLike(x, [channels * size, 1, ...block], kernels);
  const { strides, dilations } = window;
  const blocks = reshapeTo(x, [batch, channels * size, ...places]);
  return convTranspose(blocks, weight, null, {
    strides,
    dilations,
    group: channels,
    ...transposedWindow(image, places, window),
  });
}

export const spatial: Readonly<Record<string, Composite>> = {
  AffineGrid: composite<{ readonly align_corners: number }>(
    { align_corners: int(0) },
    (application, { align_corners }) => {
      const [theta, size] = requiredInputs('AffineGrid', application, ['theta', 'size']);
      return [affineGrid(theta, constantInput('AffineGrid', 'size', size), align_corners === 1)];
    },
  ),
  Col2Im: composite<Col2Im>({ dilations: ints([]), pads: ints([]), strides: ints([]) }, (application, attributes) => {
    const [x, image, block] = requiredInputs('Col2Im', application, ['x', 'image_shape', 'block_shape']);
    const lengths = constantInput('Col2Im', 'image_shape', image);
    return [col2im(x, lengths, constantInput('Col2Im', 'block_shape', block), attributes)];
  }),
  GridSample: composite<GridSample>(
    { align_corners: int(0), mode: string('linear'), padding_mode: string('zeros') },
    (application, attributes) => {
      const [x, grid] = requiredInputs('GridSample', application, ['x', 'grid']);
      return [gridSample(x, grid, attributes)];
    },
  ),
};
