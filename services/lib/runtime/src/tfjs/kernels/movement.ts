import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../../engine.ts';
import type { Kernel, Kernels } from './kernel.ts';
import { axisOf, count, padWith, pick, product, strided } from './shared.ts';

/** Every axis is 1 long where it repeats, in either operand. */
const expand: Kernel<'Expand'> = ({ inputs: [x, shape] }) => {
  const wanted = shape.numbers;
  const rank = Math.max(wanted.length, x.dims.length);
  const target = count(rank).map((axis) => {
    const own = x.dims[axis - rank + x.dims.length] ?? 1;
    const asked = wanted[axis - rank + wanted.length] ?? 1;
    return own === 1 ? asked : own;
  });
  return tf.broadcastTo(x.tensor, target);
};

/** Which element stands at a place outside an axis of some length, by the mode of the padding. */
const outside: Readonly<Record<string, (place: number, length: number) => number>> = {
  edge: (place, length) => Math.min(Math.max(place, 0), length - 1),
  reflect: (place, length) => {
    const period = Math.max(1, 2 * (length - 1));
    const within = ((place % period) + period) % period;
    return within < length ? within : period - within;
  },
  wrap: (place, length) => ((place % length) + length) % length,
};

const pad: Kernel<'Pad'> = ({ inputs: [x, pads, value, axes], attributes: { mode } }) => {
  const amounts = pads.numbers;
  const named = axes === null ? count(x.dims.length) : axes.numbers.map((axis) => axisOf(axis, x.dims.length));
  const around = x.dims.map((_, axis): readonly [number, number] => {
    const index = named.indexOf(axis);
    return index < 0 ? [0, 0] : [amounts[index] ?? 0, amounts[index + named.length] ?? 0];
  });
  if (mode === 'constant') return padWith(x.tensor, around, value?.numbers[0] ?? 0);
  const place = outside[mode];
  if (place === undefined) throw new RuntimeError(`Pad: mode ${mode} is unknown`);
  return around.reduce((padded, [before, after], axis) => {
    const length = x.dims[axis] ?? 0;
    if (before === 0 && after === 0) return padded;
    const elements = count(length + before + after).map((index) => place(index - before, length));
    return pick(padded, elements, axis);
  }, x.tensor);
};

const reshape: Kernel<'Reshape'> = ({ inputs: [x, shape], attributes: { allowzero } }) => {
  const wanted = shape.numbers.map((dim, axis) => (dim === 0 && allowzero === 0 ? (x.dims[axis] ?? 0) : dim));
  const rest = product(wanted.filter((dim) => dim !== -1));
  return tf.reshape(
    x.tensor,
    wanted.map((dim) => (dim === -1 ? product(x.dims) / rest : dim)),
  );
};

const slice: Kernel<'Slice'> = ({ inputs: [x, starts, ends, axes, steps] }) => {
  const named = axes === null ? count(starts.numbers.length) : axes.numbers;
  return named.reduce((sliced, axis, index) => {
    const at = axisOf(axis, x.dims.length);
    const of = x.dims[at] ?? 0;
    const step = steps?.numbers[index] ?? 1;
    const [low, high] = step > 0 ? [0, of] : [-1, of - 1];
    const bound = (given: number): number => Math.min(Math.max(given < 0 ? given + of : given, low), high);
    const start = Math.max(bound(starts.numbers[index] ?? 0), 0);
    const length = Math.max(0, Math.ceil((bound(ends.numbers[index] ?? of) - start) / step));
    return strided(sliced, at, start, step, length);
  }, x.tensor);
};

const squeeze: Kernel<'Squeeze'> = ({ inputs: [x, axes] }) => {
  const gone = axes.numbers.map((axis) => axisOf(axis, x.dims.length));
  return tf.reshape(
    x.tensor,
    x.dims.filter((_, axis) => !gone.includes(axis)),
  );
};

const unsqueeze: Kernel<'Unsqueeze'> = ({ inputs: [x, axes] }) => {
  const rank = x.dims.length + axes.numbers.length;
  const added = axes.numbers.map((axis) => axisOf(axis, rank));
  const rest = [...x.dims];
  return tf.reshape(
    x.tensor,
    count(rank).map((axis) => (added.includes(axis) ? 1 : (rest.shift() ?? 1))),
  );
};

export const movement: Kernels<
  'Concat' | 'Expand' | 'Pad' | 'Reshape' | 'Shape' | 'Slice' | 'Squeeze' | 'Transpose' | 'Unsqueeze'
> = {
  Concat: ({ inputs, attributes: { axis } }) =>
    tf.concat(
      inputs.map(({ tensor }) => tensor),
      axisOf(axis, inputs[0]?.dims.length ?? 0),
    ),
  Expand: expand,
  Pad: pad,
  Reshape: reshape,
  Shape: ({ inputs: [x] }) => tf.tensor1d([...x.dims], 'int32'),
  Slice: slice,
  Squeeze: squeeze,
  Transpose: ({ inputs: [x], attributes: { perm } }) => tf.transpose(x.tensor, [...perm]),
  Unsqueeze: unsqueeze,
};
