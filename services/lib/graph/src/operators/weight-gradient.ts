import { concat, matMul, pad, reshape, reshapeTo, slice, transpose } from '../build.ts';
import { multiplyDims } from '../dims.ts';
import type { Value } from '../value.ts';
import type { Grouped } from './convolution.ts';
import { fixed } from './shared.ts';
import { padsOf } from './window.ts';

/**
 * d loss / d weight of a convolution: x [N, C, ...], g [N, O, ...] → [O, C/G, ...kernel], G groups.
 *
 * Each position of the kernel takes one product of the output gradient [G, O/G, N·positions] with the input shifted by
 * that position [G, N·positions, C/G]. Channels stand last in the input, so that shifting copies long runs and neither
 * factor is transposed inside the product: the fastest of the formulations measured (docs/decisions/002).
 */
export function weightGradient(x: Value, g: Value, window: Grouped): Value {
  const { kernel_shape, strides, dilations, group } = window;
  const channels = fixed('Conv', 'channels', x.shape[1]) / group;
  const outputs = fixed('Conv', 'output channels', g.shape[1]) / group;
  const lengths = g.shape.slice(2).map((dim) => fixed('Conv', 'output', dim));
  const source = padSpatial(channelsLast(x, group), window);
  const target = reshape(transpose(g, [1, 0, ...lengths.map((_, axis) => axis + 2)]), [group, outputs, -1]);
  const products = positions(kernel_shape).map((position) => {
    const ranges = position.map((index, axis) => {
      const start = index * (dilations[axis] ?? 1);
      const step = strides[axis] ?? 1;
      return { axis: axis + 1, start, end: start + ((lengths[axis] ?? 1) - 1) * step + 1, step };
    });
    const shifted = reshape(slice(source, ranges), [group, -1, channels]);
    return reshape(matMul(target, shifted), [group * outputs, channels, 1]);
  });
  return reshape(concat(products, 2), [group * outputs, channels, ...kernel_shape]);
}

/** [N, C, ...spatial] → [G·N, ...spatial, C/G]: the groups as more samples. */
function channelsLast(x: Value, group: number): Value {
  const [batch = 0, , ...spatial] = x.shape;
  const perGroup = fixed('Conv', 'channels', x.shape[1]) / group;
  const axes = spatial.map((_, axis) => axis + 2);
  // A group of its own is not worth an axis: runtimes are slower with five.
  if (group === 1) return transpose(x, [0, ...axes, 1]);
  const split = reshapeTo(x, [batch, group, perGroup, ...spatial]);
  return reshapeTo(transpose(split, [1, 0, ...axes.map((axis) => axis + 1), 2]), [
    multiplyDims(group, batch),
    ...spatial,
    perGroup,
  ]);
}

/** Zeros around the spatial axes of [G·N, ...spatial, C/G]. */
function padSpatial(x: Value, window: Grouped): Value {
  const pads = padsOf(window);
  return pad(x, [0, ...pads.map(([begin]) => begin), 0, 0, ...pads.map(([, end]) => end), 0]);
}

/** Every position of the kernel, as one index per spatial axis, in row-major order. */
function positions(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (all, length) => all.flatMap((position) => Array.from({ length }, (_, index) => [...position, index])),
    [[]],
  );
}
