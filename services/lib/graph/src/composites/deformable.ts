import { add, matMul, mul, reshapeTo, slice } from '../build.ts';
import { multiplyDims } from '../dims.ts';
import { constantLike, fixed, int, ints, perChannel, requireRank } from '../operators/shared.ts';
import { convolvedLengths, filledWindow } from '../operators/window.ts';
import type { Window } from '../signatures.ts';
import type { Value } from '../value.ts';
import { type Application, type Composite, composite, requiredInputs } from './composite.ts';
import { linearTaps, sample } from './grid.ts';

interface DeformConv extends Window {
  readonly group: number;
  readonly offset_group: number;
}

/** Where each position of the kernel falls at each place along one axis of two, before it is moved: [1, kernel · places]. */
function undeformed(axis: number, places: readonly number[], window: Window, like: Value): Value {
  const [rows = 1, columns = 1] = window.kernel_shape;
  const [height = 1, width = 1] = places;
  const numbers = Array.from({ length: rows * columns * height * width }, (_, at) => {
    const [position, place] = [Math.floor(at / (height * width)), at % (height * width)];
    const entry = axis === 0 ? Math.floor(position / columns) : position % columns;
    const start = axis === 0 ? Math.floor(place / width) : place % width;
    return start * (window.strides[axis] ?? 1) - (window.pads[axis] ?? 0) + entry * (window.dilations[axis] ?? 1);
  });
  return constantLike(like, [1, numbers.length], numbers);
}

/**
 * A convolution whose kernel positions are moved at every place, and weighted, by numbers of their own (Dai et al., 2017;
 * Zhu et al., 2019): x [N, C, H, W], weight [O, C/group, ...kernel], offset [N, groups · kernel · 2, ...places].
 */
function deformConv(application: Application, attributes: DeformConv): Value {
  const [x, weight, offset] = requiredInputs('DeformConv', application, ['x', 'weight', 'offset']);
  const [, , , bias, mask] = application.inputs;
  const { group, offset_group: offsets } = attributes;
  requireRank('DeformConv', 'x', x, 4);
  const kernel = weight.shape.slice(2).map((dim) => fixed('DeformConv', 'kernel', dim));
  const { strides, dilations, pads } = attributes;
  const window = filledWindow({ kernel_shape: kernel, strides, dilations, pads });
  const places = convolvedLengths('DeformConv', x.shape.slice(2), window);
  const [batch = 1, ...image] = x.shape;
  const [channels = 1, height = 1, width = 1] = image.map((dim) => fixed('DeformConv', 'x', dim));
  const outputs = fixed('DeformConv', 'weight', weight.shape[0]);
  const positions = window.kernel_shape.reduce((product, length) => product * length, 1);
  const count = places.reduce((product, length) => product * length, 1);
  const parts = multiplyDims(batch, offsets);
  const moves = reshapeTo(offset, [parts, positions, 2, count]);
  const taps = [0, 1].map((axis) => {
    const moved = reshapeTo(slice(moves, [{ axis: 2, start: axis, end: axis + 1 }]), [parts, positions * count]);
    return linearTaps(add(moved, undeformed(axis, places, window, x)));
  });
  const sampled = sample(reshapeTo(x, [parts, channels / offsets, height, width]), { taps, bring: (index) => index });
  const weighted = mask ? mul(sampled, reshapeTo(mask, [parts, 1, positions * count])) : sampled;
  const columns = reshapeTo(weighted, [batch, group, (channels / group) * positions, count]);
  const kernels = reshapeTo(weight, [group, outputs / group, (channels / group) * positions]);
  const y = reshapeTo(matMul(kernels, columns), [batch, outputs, ...places]);
  return bias ? add(y, perChannel(bias, 4)) : y;
}

export const deformable: Readonly<Record<string, Composite>> = {
  DeformConv: composite<DeformConv>(
    {
      kernel_shape: ints([]),
      strides: ints([]),
      dilations: ints([]),
      pads: ints([]),
      group: int(1),
      offset_group: int(1),
    },
    (application, attributes) => [deformConv(application, attributes)],
  ),
};
