import { concat, gemm, matMul, pad, reshape, slice, transpose } from '../build.ts';
import { GraphError } from '../errors.ts';
import type { Value } from '../value.ts';
import { type Grouped, padsOf } from './convolution.ts';
import { fixed } from './shared.ts';

/**
 * d loss / d weight of a convolution: x [N, C, ...], g [N, O, ...] → [O, C/group, ...kernel].
 *
 * Entry (o, c, k) is the product of output gradient o with input c shifted by k, summed over samples and positions. Shifts
 * along the first spatial axis are made on the side of the gradient, by zero rows before and after it, the others on the
 * side of the input: kh + kw shifted copies then give all kh · kw entries in a single matrix product. With a stride, the
 * rows of the input that lie `stride` apart belong together, which makes one product for each remainder.
 */
export function weightGradient(x: Value, g: Value, window: Grouped): Value {
  const pads = padsOf(window);
  const axes = pads.map((_, axis) => axis + 2);
  const padded = pad(x, [0, 0, ...pads.map(([begin]) => begin), 0, 0, ...pads.map(([, end]) => end)]);
  const source = transpose(padded, [1, 0, ...axes]);
  const target = transpose(g, [1, 0, ...axes]);
  const stride = window.strides[0] ?? 1;
  const offsets = Array.from({ length: window.kernel_shape[0] ?? 1 }, (_, row) => row * (window.dilations[0] ?? 1));
  const byRemainder = new Map<number, readonly number[]>();
  for (const offset of offsets) byRemainder.set(offset % stride, [...(byRemainder.get(offset % stride) ?? []), offset]);
  const products = new Map(
    [...byRemainder].map(([remainder, same]) => [
      remainder,
      rowProducts(
        source,
        target,
        window,
        remainder,
        same.map((offset) => Math.floor(offset / stride)),
      ),
    ]),
  );
  const rows = offsets.map((offset) => {
    const product = products.get(offset % stride);
    if (product === undefined) throw new GraphError('Conv', `gradient: no product for kernel row ${offset}`);
    const start = byRemainder.get(offset % stride)?.indexOf(offset) ?? 0;
    return slice(product, [{ axis: 0, start, end: start + 1 }]);
  });
  // [kh, O, C/group, ...] → [O, C/group, kh, ...]
  return transpose(concat(rows, 0), [1, 2, 0, ...axes.slice(1)]);
}

/**
 * The rows of the weight gradient whose offset has one remainder modulo the stride, which is then counted in `shifts` of
 * whole strides: source [C, N, ...], target [O, N, ...] → [shifts, O, C/group, ...other kernel axes].
 */
function rowProducts(
  source: Value,
  target: Value,
  window: Grouped,
  remainder: number,
  shifts: readonly number[],
): Value {
  const { kernel_shape, strides, dilations, group } = window;
  const stride = strides[0] ?? 1;
  const others = kernel_shape.slice(1);
  const channels = fixed('Conv', 'channels', source.shape[0]);
  const outputs = fixed('Conv', 'output channels', target.shape[0]);
  const padded = fixed('Conv', 'spatial axis 0', source.shape[2]);
  const wanted = fixed('Conv', 'spatial axis 0', target.shape[2]);
  const rows = Math.ceil((padded - remainder) / stride);
  const inputs = positions(others).map((position) => {
    const shifted = slice(source, [
      { axis: 2, start: remainder, end: padded, step: stride },
      ...position.map((index, other) => {
        const start = index * (dilations[other + 1] ?? 1);
        const step = strides[other + 1] ?? 1;
        const length = fixed('Conv', 'spatial axis', target.shape[other + 3]);
        return { axis: other + 3, start, end: start + (length - 1) * step + 1, step };
      }),
    ]);
    return reshape(shifted, [group, channels / group, -1]);
  });
  const none = others.map(() => 0);
  const gradients = shifts.map((shift) => {
    const placed = pad(target, [0, 0, shift, ...none, 0, 0, rows - wanted - shift, ...none]);
    return reshape(placed, [group, outputs / group, -1]);
  });
  const product = groupedProduct(concat(gradients, 1), concat(inputs, 1), group);
  const split = reshape(product, [group, shifts.length, outputs / group, inputs.length, channels / group]);
  return reshape(transpose(split, [1, 0, 2, 4, 3]), [shifts.length, outputs, channels / group, ...others]);
}

/** Every combination of one index per axis, in row-major order. */
function positions(lengths: readonly number[]): readonly (readonly number[])[] {
  return lengths.reduce<readonly (readonly number[])[]>(
    (all, length) => all.flatMap((position) => Array.from({ length }, (_, index) => [...position, index])),
    [[]],
  );
}

/** a · bᵀ for stacks [G, M, P] and [G, K, P]: [G, M, K]. */
function groupedProduct(a: Value, b: Value, group: number): Value {
  if (group !== 1) return matMul(a, transpose(b, [0, 2, 1]));
  const matrix = (stack: Value): Value => reshape(stack, [fixed('Conv', 'rows', stack.shape[1]), -1]);
  return gemm(matrix(a), matrix(b), { transB: true });
}
