import { GraphError } from '../errors.ts';
import type { Attributes } from '../signatures.ts';
import { type AxisMap, createAxisMap } from './axis-map.ts';

/** What Resize does to one axis. */
export interface ResizedAxis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  /** Output over input, as the runtime rounds it. */
  readonly scale: number;
  /** First and last place of a crop, as fractions of the axis. */
  readonly crop: readonly [start: number, end: number];
}

type ResizeAttributes = Attributes<'Resize'>;

// Places are computed in float32, as the runtimes do: where one falls between two pixels, its rounding decides.
const f = Math.fround;

/** Where a place of the output lies on the axis of the input, by `coordinate_transformation_mode`. */
const coordinates: Readonly<Record<string, (place: number, axis: ResizedAxis) => number>> = {
  asymmetric: (place, { scale }) => f(place / scale),
  half_pixel: halfPixel,
  pytorch_half_pixel: (place, axis) => (axis.to > 1 ? halfPixel(place, axis) : 0),
  half_pixel_symmetric: (place, { from, to, scale }) => {
    const adjustment = f(to / f(scale * from));
    const offset = f(f(from / 2) * f(1 - adjustment));
    return f(f(offset + f(f(place + 0.5) / scale)) - 0.5);
  },
  align_corners: (place, { from, to }) => (to === 1 ? 0 : f(f(place * (from - 1)) / (to - 1))),
  tf_half_pixel_for_nn: (place, { scale }) => f(f(place + 0.5) / scale),
  tf_crop_and_resize: (place, { from, to, crop: [start, end] }) =>
    to > 1
      ? f(f(start * (from - 1)) + f(f(place * f(f(end - start) * (from - 1))) / (to - 1)))
      : f(f(0.5 * f(start + end)) * (from - 1)),
};

function halfPixel(place: number, { scale }: ResizedAxis): number {
  return f(f(f(place + 0.5) / scale) - 0.5);
}

const roundings: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The cubic convolution kernel with parameter `a` (Keys, 1981). */
function cubic(distance: number, a: number): number {
  const t = Math.abs(distance);
  if (t >= 2) return 0;
  return t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

function choose<T>(name: string, choices: Readonly<Record<string, T>>, chosen: string): T {
  const choice = Object.hasOwn(choices, chosen) ? choices[chosen] : undefined;
  if (choice === undefined) {
    throw new GraphError('Resize', `${name}: expected one of ${Object.keys(choices).join(', ')}, got ${chosen}`);
  }
  return choice;
}

/**
 * What the modes stand for.
 * @throws GraphError when a mode is none of the specification's.
 */
export function chosenModes({ mode, coordinate_transformation_mode, nearest_mode }: ResizeAttributes) {
  return {
    coordinate: choose('coordinate_transformation_mode', coordinates, coordinate_transformation_mode),
    mix: choose('mode', { nearest, linear: filtered, cubic: filtered }, mode),
    round: choose('nearest_mode', roundings, nearest_mode),
  };
}

/**
 * The weights with which Resize mixes the entries of one axis. Places outside a crop that leaves the input take the
 * extrapolation value: they have no weights.
 * @throws GraphError when a mode is none of the specification's.
 */
export function interpolation(axis: ResizedAxis, attributes: ResizeAttributes): AxisMap {
  const { coordinate_transformation_mode: transformation } = attributes;
  const { coordinate, mix } = chosenModes(attributes);
  const fill = mix(axis, attributes);
  return createAxisMap(axis.to, axis.from, (place, add) => {
    const at = axis.scale === 1 && transformation !== 'tf_crop_and_resize' ? place : coordinate(place, axis);
    if (transformation === 'tf_crop_and_resize' && (at < 0 || at > axis.from - 1)) return;
    fill(at, add);
  });
}

type Fill = (at: number, add: (source: number, weight: number) => void) => void;

function nearest({ from }: ResizedAxis, attributes: ResizeAttributes): Fill {
  const { round } = chosenModes(attributes);
  return (at, add) => add(Math.min(Math.max(round(at), 0), from - 1), 1);
}

/**
 * A kernel around the place, stretched over the entries that a smaller output covers where that shall not alias.
 * Entries outside the axis are its ends again, or left out.
 */
function filtered({ from, scale }: ResizedAxis, attributes: ResizeAttributes): Fill {
  const { mode, antialias, cubic_coeff_a, exclude_outside } = attributes;
  const kernel = mode === 'linear' ? linear : (distance: number) => cubic(distance, cubic_coeff_a);
  const stretch = antialias === 1 ? Math.max(1, 1 / scale) : 1;
  const radius = (mode === 'linear' ? 1 : 2) * stretch;
  return (at, add) => {
    const taps: [source: number, weight: number][] = [];
    for (let source = Math.ceil(at - radius); source <= Math.floor(at + radius); source++) {
      const inside = Math.min(Math.max(source, 0), from - 1);
      if (inside === source || exclude_outside === 0) taps.push([inside, kernel((source - at) / stretch)]);
    }
    const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [source, weight] of taps) add(source, weight / total);
  };
}

function linear(distance: number): number {
  return Math.max(0, 1 - Math.abs(distance));
}
