import { apply } from '../apply.ts';
import { conv, convTranspose, div, mul, reshape, reshapeLike, scatterElements } from '../build.ts';
import { shapeSize } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family, GradientContext } from '../operator.ts';
import type { Attributes, Window } from '../signatures.ts';
import type { Value, ValueInfo } from '../value.ts';
import { constantLike, expandLike, fixed, info, int, ints, zerosLike } from './shared.ts';
import { convolvedLengths, padsOf, reach, transposedWindow } from './window.ts';

/** What pooling along the spatial axes leaves. */
function pooled(op: string, x: ValueInfo, window: Window, ceilMode = 0): ValueInfo {
  return info(x.dtype, [...x.shape.slice(0, 2), ...convolvedLengths(op, x.shape.slice(2), window, ceilMode)]);
}

/** How many entries of each window along one axis lie in [low, high). */
function entriesWithin(low: number, high: number, places: number, axis: number, window: Attributes<'AveragePool'>) {
  const { kernel_shape, strides, dilations, pads } = window;
  return Array.from({ length: places }, (_, place) => {
    const first = place * (strides[axis] ?? 1) - (pads[axis] ?? 0);
    const entries = Array.from({ length: kernel_shape[axis] ?? 1 }, (_, at) => first + at * (dilations[axis] ?? 1));
    return entries.filter((entry) => entry >= low && entry < high).length;
  });
}

/**
 * One over what each window is divided by, place by place: the entries that lie in the input or, when the padding is
 * counted, in the padded input. What a last window covers behind that is never counted.
 */
function shares(x: Value, places: readonly number[], attributes: Attributes<'AveragePool'>): readonly number[] {
  const counted = attributes.count_include_pad === 1;
  const counts = padsOf(attributes)
    .map(([begin, end], axis) => {
      const length = fixed('AveragePool', 'spatial', x.shape[axis + 2]);
      const [low, high] = counted ? [-begin, length + end] : [0, length];
      return entriesWithin(low, high, places[axis] ?? 0, axis, attributes);
    })
    .reduce((products, along) => products.flatMap((product) => along.map((count) => product * count)), [1]);
  return counts.map((count) => 1 / count);
}

/** Averaging is a convolution of each channel with a constant kernel, so its gradient is the transposed convolution. */
function averageGradient({ inputs: [x], gradient: g, attributes }: GradientContext<'AveragePool'>): [Value] {
  const { kernel_shape, strides, dilations } = attributes;
  const channels = fixed('AveragePool', 'channels', x.shape[1]);
  const size = kernel_shape.reduce((product, length) => product * length, 1);
  const lengths = x.shape.slice(2).map((dim) => fixed('AveragePool', 'spatial', dim));
  const places = g.shape.slice(2).map((dim) => fixed('AveragePool', 'output', dim));
  const each = shares(x, places, attributes);
  // Where all windows are divided by the same number, the kernel does it.
  const uniform = each.every((share) => share === each[0]);
  const entry = uniform ? (each[0] ?? 1) : 1;
  const kernel = constantLike(x, [channels, 1, ...kernel_shape], Array<number>(channels * size).fill(entry));
  const shared = uniform ? g : mul(g, constantLike(x, [1, 1, ...places], each));
  const mirrored = padsOf(attributes).map(([begin, end], axis) => {
    const distance = reach(attributes, axis);
    return [distance - begin, distance - end] as const;
  });
  // With stride 1 that is a convolution with the same kernel, which takes the fastest path of a runtime.
  if (strides.every((stride) => stride === 1) && mirrored.flat().every((amount) => amount >= 0)) {
    const pads = [...mirrored.map(([begin]) => begin), ...mirrored.map(([, end]) => end)];
    return [conv(shared, kernel, null, { pads, dilations, group: channels })];
  }
  const window = transposedWindow(lengths, places, attributes);
  return [convTranspose(shared, kernel, null, { strides, dilations, group: channels, ...window })];
}

export const pooling: Family<'AveragePool' | 'GlobalAveragePool' | 'MaxPool'> = {
  AveragePool: {
    attributes: {
      kernel_shape: ints(),
      strides: ints(),
      pads: ints(),
      dilations: ints(),
      ceil_mode: int(0),
      count_include_pad: int(0),
    },
    infer: ([x], attributes) => [pooled('AveragePool', x, attributes, attributes.ceil_mode)],
    gradient: averageGradient,
  },
  GlobalAveragePool: {
    attributes: {},
    infer: ([x]) => [
      info(
        x.dtype,
        x.shape.map((dim, axis) => (axis < 2 ? dim : 1)),
      ),
    ],
    gradient: ({ inputs: [x], gradient: g }) => {
      const size = fixed('GlobalAveragePool', 'spatial size', shapeSize(x.shape.slice(2)));
      return [expandLike(div(g, size), x)];
    },
  },
  // The gradient goes to the entry that was chosen: of equal ones the first of the window, row by row. The second output
  // says which that was, counted over the whole input.
  MaxPool: {
    attributes: {
      kernel_shape: ints(),
      strides: ints(),
      pads: ints(),
      dilations: ints(),
      storage_order: int(0),
    },
    infer: ([x], attributes) => {
      const y = pooled('MaxPool', x, attributes);
      return [y, info('int64', y.shape)];
    },
    gradient: ({ inputs: [x], outputs, gradient: g, attributes }) => {
      const rowMajor = { ...attributes, storage_order: 0 };
      const [, places] = attributes.storage_order === 0 ? outputs : apply('MaxPool', [x], rowMajor);
      if (places === undefined) throw new GraphError('MaxPool', 'expected two outputs');
      const flat = scatterElements(reshape(zerosLike(x), [-1]), reshape(places, [-1]), reshape(g, [-1]), 0, 'add');
      return [reshapeLike(flat, x)];
    },
  },
};
