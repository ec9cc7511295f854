import {
  add,
  expand,
  gather,
  gatherElements,
  less,
  mul,
  reduceSum,
  reshape,
  reshapeLike,
  reshapeTo,
  scatterElements,
  shapeOf,
  slice,
  sub,
  where,
} from '../build.ts';
import { type Dim, formatShape, isStatic, sameShape, shapeSize } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { expandLike, fixed, int, ints, requireAxis, string, zerosLike } from '../operators/shared.ts';
import { integers, type Value } from '../value.ts';
import { type Composite, composite, constantInput, requiredInputs } from './composite.ts';

interface Positions {
  /** Where each position stands in the axes it counts, row by row: [...positions], int64. */
  readonly linear: Value;
  /** How many axes a position counts. */
  readonly counted: number;
}

/** Positions given as one index per axis, from axis `first` on, in the last axis of `indices`; negative ones from the end. */
function positionsOf(op: string, data: Value, indices: Value, first: number): Positions {
  const counted = fixed(op, 'indices', indices.shape.at(-1));
  const axes = data.shape.slice(first, first + counted);
  if (axes.length !== counted) {
    throw new GraphError(
      op,
      `indices: expected at most ${data.shape.length - first} numbers a position, got ${counted}`,
    );
  }
  const strides = axes.map((_, axis) => fixed(op, 'data', shapeSize(axes.slice(axis + 1))));
  const lengths = isStatic(axes)
    ? integers(axes)
    : slice(shapeOf(data), [{ axis: 0, start: first, end: first + counted }]);
  const positive = where(less(indices, 0), add(indices, lengths), indices);
  return { linear: reduceSum(mul(positive, integers(strides)), [-1], false), counted };
}

/** Slices of data at positions; the first `batchDims` axes of data and positions go together. */
function gatherND(data: Value, indices: Value, batchDims: number): Value {
  const { linear, counted } = positionsOf('GatherND', data, indices, batchDims);
  const batch = data.shape.slice(0, batchDims);
  const places = data.shape.slice(batchDims, batchDims + counted);
  const kept = data.shape.slice(batchDims + counted);
  if (batchDims === 0) return gather(reshapeTo(data, [shapeSize(places), ...kept]), linear, 0);
  const size = fixed('GatherND', 'data', shapeSize(kept));
  const wanted = linear.shape.slice(batchDims);
  const column = reshapeTo(linear, [shapeSize(batch), shapeSize(wanted), 1]);
  const rows = reshapeTo(data, [shapeSize(batch), shapeSize(places), size]);
  return reshapeTo(gatherElements(rows, expand(column, [1, 1, size]), 1), [...batch, ...wanted, ...kept]);
}

/**
 * Data with slices at positions replaced by updates, or combined with them. Written as a scatter of single elements,
 * whose order of additions is fixed also on several threads.
 */
function scatterND(data: Value, indices: Value, updates: Value, reduction: string): Value {
  const { linear, counted } = positionsOf('ScatterND', data, indices, 0);
  const size = fixed('ScatterND', 'data', shapeSize(data.shape.slice(counted)));
  const rows = reshapeTo(data, [shapeSize(data.shape.slice(0, counted)), size]);
  const count = shapeSize(linear.shape);
  const column = expand(reshapeTo(linear, [count, 1]), [1, size]);
  return reshapeLike(scatterElements(rows, column, reshapeTo(updates, [count, size]), 0, reduction), data);
}

interface Unpool {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

/** Lengths that were pooled: (places - 1) · stride + kernel - pads. */
function unpooledLengths(x: Value, { kernel_shape, strides, pads }: Unpool): readonly Dim[] {
  return x.shape.slice(2).map((dim, axis) => {
    const begin = pads[axis] ?? 0;
    const end = pads[axis + kernel_shape.length] ?? 0;
    return (fixed('MaxUnpool', 'spatial', dim) - 1) * (strides[axis] ?? 1) + (kernel_shape[axis] ?? 1) - begin - end;
  });
}

/** Entries put where MaxPool took them from, among zeros. */
function maxUnpool(x: Value, indices: Value, spatial: readonly Dim[]): Value {
  const [batch = 1, channels = 1] = x.shape;
  const size = fixed('MaxUnpool', 'output', shapeSize([channels, ...spatial]));
  const sample = slice(
    x,
    [...x.shape.keys()].slice(1).map((axis) => ({ axis, start: 0, end: 1 })),
  );
  const zeros = expand(reshapeTo(zerosLike(sample), [batch, 1]), [1, size]);
  const flat = scatterElements(reshape(zeros, [-1]), reshape(indices, [-1]), reshape(x, [-1]), 0);
  return reshapeTo(flat, [batch, channels, ...spatial]);
}

/** The first entries of each sequence in reverse, as many as its length says. */
function reverseSequence(x: Value, lengths: Value, batchAxis: number, timeAxis: number): Value {
  const along = (axis: number) => x.shape.map((_, at) => (at === axis ? -1 : 1));
  const time = fixed('ReverseSequence', 'time', x.shape[timeAxis]);
  const at = reshape(integers([...Array(time).keys()]), along(timeAxis));
  const length = reshape(lengths, along(batchAxis));
  const source = where(less(at, length), sub(sub(length, 1), at), at);
  return gatherElements(x, expandLike(source, x), timeAxis);
}

export const indexing: Readonly<Record<string, Composite>> = {
  GatherND: composite<{ readonly batch_dims: number }>({ batch_dims: int(0) }, (application, { batch_dims }) => {
    const [data, indices] = requiredInputs('GatherND', application, ['data', 'indices']);
    return [gatherND(data, indices, batch_dims)];
  }),
  MaxUnpool: composite<Unpool>(
    { kernel_shape: ints(), strides: ints([]), pads: ints([]) },
    (application, attributes) => {
      const [x, indices] = requiredInputs('MaxUnpool', application, ['x', 'indices']);
      const [, , shape] = application.inputs;
      const lengths = shape
        ? constantInput('MaxUnpool', 'output_shape', shape).slice(2)
        : unpooledLengths(x, attributes);
      return [maxUnpool(x, indices, lengths)];
    },
  ),
  ReverseSequence: composite<{ readonly batch_axis: number; readonly time_axis: number }>(
    { batch_axis: int(1), time_axis: int(0) },
    (application, { batch_axis, time_axis }) => {
      const [x, lengths] = requiredInputs('ReverseSequence', application, ['x', 'sequence_lens']);
      const rank = x.shape.length;
      const [batch, time] = [batch_axis, time_axis].map((axis) => requireAxis('ReverseSequence', axis, rank));
      return [reverseSequence(x, lengths, batch ?? 1, time ?? 0)];
    },
  ),
  ScatterND: composite<{ readonly reduction: string }>({ reduction: string('none') }, (application, { reduction }) => {
    const [data, indices, updates] = requiredInputs('ScatterND', application, ['data', 'indices', 'updates']);
    const wanted = [...indices.shape.slice(0, -1), ...data.shape.slice(Number(indices.shape.at(-1)))];
    if (!sameShape(wanted, updates.shape)) {
      throw new GraphError('ScatterND', `updates: expected ${formatShape(wanted)}, got ${formatShape(updates.shape)}`);
    }
    return [scatterND(data, indices, updates, reduction)];
  }),
};
