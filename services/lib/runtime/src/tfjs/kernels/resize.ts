import type { Attributes } from '@parallax/graph';
import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../../engine.ts';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, count } from './shared.ts';

type Options = Attributes<'Resize'>;

/** One axis that is resized: its lengths, their ratio as it was given, and the part that is cropped, as fractions. */
interface Axis {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly crop: readonly [start: number, end: number];
}

// Runtimes compute places in float32, which decides where one lies half-way between two elements.
const f = Math.fround;

/** Where in the input an element of the output lies, by the specification of `coordinate_transformation_mode`. */
function coordinate(index: number, { from, to, scale, crop }: Axis, mode: string): number {
  const centred = f(f(f(index + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'half_pixel':
      return centred;
    case 'half_pixel_symmetric':
      return f(f(f(from / 2) * f(1 - f(to / f(scale * from)))) + centred);
    case 'pytorch_half_pixel':
      return to > 1 ? centred : 0;
    case 'align_corners':
      return to > 1 ? f((index * (from - 1)) / (to - 1)) : 0;
    case 'asymmetric':
      return f(index / scale);
    case 'tf_crop_and_resize': {
      const [start, end] = crop;
      if (to <= 1) return f(0.5 * (start + end) * (from - 1));
      return f(start * (from - 1) + (index * (end - start) * (from - 1)) / (to - 1));
    }
    default:
      throw new RuntimeError(`coordinate_transformation_mode ${mode} is unknown`);
  }
}

function nearest(x: number, mode: string): number {
  const half = x - Math.floor(x) === 0.5;
  if (mode === 'floor' || (half && mode === 'round_prefer_floor')) return Math.floor(x);
  return mode === 'ceil' ? Math.ceil(x) : Math.floor(x + 0.5);
}

/** The weight of an element at a distance, in elements of the input. */
function kernelWeight(distance: number, { mode, cubic_coeff_a: a }: Options): number {
  const d = Math.abs(distance);
  if (mode === 'linear') return Math.max(0, 1 - d);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0;
}

/** Elements of the input with their weights, which an element of the output is made of. */
function taps(x: number, axis: Axis, options: Options): readonly (readonly [element: number, weight: number])[] {
  const last = axis.from - 1;
  const clamp = (element: number): number => Math.min(Math.max(element, 0), last);
  if (options.mode === 'nearest') return [[clamp(nearest(x, options.nearest_mode)), 1]];
  const stretch = options.antialias === 1 ? Math.max(1, 1 / axis.scale) : 1;
  const reach = (options.mode === 'linear' ? 1 : 2) * stretch;
  const first = Math.floor(x - reach) + 1;
  const elements = count(Math.max(1, Math.ceil(x + reach) - first)).map((index) => first + index);
  const weighted = elements
    .filter((element) => options.exclude_outside === 0 || element === clamp(element))
    .map((element) => [clamp(element), kernelWeight((element - x) / stretch, options)] as const);
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  return weighted.map(([element, weight]) => [element, weight / total] as const);
}

/** Sums of elements along one axis, by the weights of each output. */
function resizeAxis(x: tf.Tensor, axis: Axis, options: Options): tf.Tensor {
  const columns = count(axis.to).map((index) =>
    taps(coordinate(index, axis, options.coordinate_transformation_mode), axis, options),
  );
  const most = Math.max(...columns.map((column) => column.length));
  const parts = count(most).map((tap) => {
    const elements = tf.tensor1d(
      columns.map((column) => column[tap]?.[0] ?? 0),
      'int32',
    );
    const weights = tf.tensor1d(columns.map((column) => column[tap]?.[1] ?? 0));
    const places = x.shape.map((_, at) => (at === axis.at ? axis.to : 1));
    const picked = tf.gather(x, elements, axis.at);
    return options.mode === 'nearest' ? picked : tf.mul(picked, tf.reshape(weights, places));
  });
  return parts.reduce((sum, part) => tf.add(sum, part));
}

/** What lies outside of the input, where a crop may reach, has one value. */
function extrapolated(y: tf.Tensor, axes: readonly Axis[], options: Options): tf.Tensor {
  return axes.reduce((value, axis) => {
    const inside = count(axis.to).map((index) => {
      const x = coordinate(index, axis, options.coordinate_transformation_mode);
      return x >= 0 && x <= axis.from - 1;
    });
    const places = y.shape.map((_, at) => (at === axis.at ? axis.to : 1));
    const mask = tf.reshape(tf.tensor1d(inside, 'bool'), places);
    return tf.where(mask, value, tf.fill(y.shape, options.extrapolation_value));
  }, y);
}

const resize: Kernel<'Resize'> = ({ inputs: [x, roi, scales, sizes], attributes, outputs: [to] }) => {
  const rank = x.dims.length;
  const named = attributes.axes.length === 0 ? count(rank) : attributes.axes.map((axis) => axisOf(axis, rank));
  const factors = scales?.numbers ?? [];
  const lengths = sizes?.numbers ?? [];
  const ratios = named.map((at, index) => Math.fround((lengths[index] ?? 1) / (x.dims[at] ?? 1)));
  const common = { not_larger: Math.min(...ratios), not_smaller: Math.max(...ratios) };
  const policy = attributes.keep_aspect_ratio_policy as keyof typeof common | 'stretch';
  const axes = named.map((at, index): Axis => {
    const scale = factors[index] ?? (policy === 'stretch' ? (ratios[index] ?? 1) : common[policy]);
    const length = Number(to?.shape[at]);
    const crop = [roi?.numbers[index] ?? 0, roi?.numbers[index + named.length] ?? 1] as const;
    return { at, from: x.dims[at] ?? 1, to: Number.isNaN(length) ? (x.dims[at] ?? 1) : length, scale, crop };
  });
  const cropped = attributes.coordinate_transformation_mode === 'tf_crop_and_resize';
  const changed = axes.filter(({ from, to: length, scale }) => cropped || from !== length || scale !== 1);
  const y = changed.reduce((value, axis) => resizeAxis(value, axis, attributes), x.tensor);
  return cropped ? extrapolated(y, changed, attributes) : y;
};

export const spatial: Kernels<'Resize'> = { Resize: resize };
