import {
  add,
  div,
  expand,
  type Graph,
  GraphError,
  matMul,
  type Node,
  pad,
  reduceMean,
  reshape,
  reshapeTo,
  resizeByProducts,
  rewrite,
  scalarConstant,
  slice,
  transpose,
  unsqueeze,
  type Value,
} from '@parallax/graph';
import { activationWriters, given, type Writers } from './activations.ts';

/**
 * The same graph with the float64 operators written out that onnxruntime has in float32 only: convolutions as products
 * of shifted inputs, averages as sums, steps as comparisons. It is for checks: slower, and right to the last digits.
 */
export function writeOutFloat64(graph: Graph): Graph {
  return rewrite(graph, (node) => {
    const [y] = node.outputs;
    const written = y?.dtype === 'float64' ? writers[node.op]?.(node) : undefined;
    return written === undefined || Array.isArray(written) ? written : [written as Value];
  });
}

const writers: Writers = {
  ...activationWriters,
  AveragePool: (node) => writeAverage(node as unknown as Node<'AveragePool'>),
  Conv: (node) => writeConvolution(node as unknown as Node<'Conv'>),
  ConvTranspose: (node) => writeTransposed(node as unknown as Node<'ConvTranspose'>),
  Resize: (node) => given(resizeByProducts(node as unknown as Node<'Resize'>) ?? null),
  GlobalAveragePool: ({ inputs: [x] }) => reduceMean(given(x), [...given(x).shape.keys()].slice(2)),
};

/** The sum of the shifted input over how many entries of it, or of it and its padding, each window has. */
function writeAverage({ inputs: [x], attributes, outputs: [y] }: Node<'AveragePool'>): Value {
  if (attributes.ceil_mode !== 0) throw new GraphError('AveragePool', 'float64: expected ceil_mode 0, got 1');
  const { kernel_shape, strides, dilations, pads, count_include_pad } = attributes;
  const lengths = fixed(given(y), 2);
  const sum = (value: Value): Value =>
    positionsOf(kernel_shape)
      .map((position) => slice(value, windowRanges(position, { lengths, strides, dilations })))
      .reduce((all, part) => add(all, part));
  const ones = expand(scalarConstant(1, 'float64'), [1, 1, ...fixed(given(x), 2)]);
  const counted = count_include_pad === 1 ? pad(ones, spatialPads(pads), 1) : padSpatial(ones, pads);
  return div(sum(padSpatial(given(x), pads)), sum(counted));
}

/** A sum over the positions of a kernel. */
interface Sum {
  readonly lengths: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
  /** [groups, channels of a group, outputs of a group] of one position. */
  readonly weightAt: (position: readonly number[]) => Value;
}

function writeConvolution({ inputs: [x, w, bias], attributes, outputs: [y] }: Node<'Conv'>): Value {
  const { kernel_shape, strides, dilations, pads, group } = attributes;
  const [outputs = 0, perGroup = 0] = fixed(given(w));
  const split = reshape(given(w), [group, outputs / group, perGroup, ...kernel_shape]);
  const sum = sumOverPositions(padSpatial(given(x), pads), kernel_shape, {
    lengths: fixed(given(y), 2),
    strides,
    dilations,
    group,
    weightAt: (position) => transpose(entry(split, position, [group, outputs / group, perGroup]), [0, 2, 1]),
  });
  return withBias(sum, bias);
}

/** The transposed convolution as a convolution of the input spread out by the stride, with the kernel turned by 180°. */
function writeTransposed({ inputs: [x, w, bias], attributes, outputs: [y] }: Node<'ConvTranspose'>): Value {
  const { kernel_shape, strides, dilations, pads, group, output_padding } = attributes;
  const [channels = 0, perGroup = 0] = fixed(given(w));
  const split = reshape(given(w), [group, channels / group, perGroup, ...kernel_shape]);
  const reach = kernel_shape.map((length, axis) => (dilations[axis] ?? 1) * (length - 1));
  const rank = kernel_shape.length;
  const mirrored = [
    ...reach.map((length, axis) => length - (pads[axis] ?? 0)),
    ...reach.map((length, axis) => length - (pads[axis + rank] ?? 0) + (output_padding[axis] ?? 0)),
  ];
  const spread = strides.reduce((value, stride, axis) => spreadAxis(value, axis + 2, stride), given(x));
  const sum = sumOverPositions(padSpatial(spread, mirrored), kernel_shape, {
    lengths: fixed(given(y), 2),
    strides: strides.map(() => 1),
    dilations,
    group,
    weightAt: (position) => {
      const turned = position.map((index, axis) => (kernel_shape[axis] ?? 1) - 1 - index);
      return entry(split, turned, [group, channels / group, perGroup]);
    },
  });
  return withBias(sum, bias);
}

/** x [N, C, ...padded] → Σ over positions of (x at the position, strided) · weight, [N, O, ...lengths]. */
function sumOverPositions(x: Value, kernel: readonly number[], sum: Sum): Value {
  const { lengths, strides, dilations, group, weightAt } = sum;
  const [channels = 0, ...spatial] = fixed(x, 1);
  const axes = spatial.map((_, axis) => axis);
  const split = reshape(x, [-1, group, channels / group, ...spatial]);
  const last = transpose(split, [1, 0, ...axes.map((axis) => axis + 3), 2]);
  const products = positionsOf(kernel).map((position) => {
    const ranges = windowRanges(position, { lengths, strides, dilations });
    return matMul(reshape(slice(last, ranges), [group, -1, channels / group]), weightAt(position));
  });
  const total = products.reduce((all, product) => add(all, product));
  const outputs = fixed(total, 2)[0] ?? 0;
  const whole = reshape(total, [group, -1, ...lengths, outputs]);
  const first = transpose(whole, [1, 0, axes.length + 2, ...axes.map((axis) => axis + 2)]);
  return reshape(first, [-1, group * outputs, ...lengths]);
}

/** Where one position of a kernel stands in all windows. */
function windowRanges(
  position: readonly number[],
  { lengths, strides, dilations }: Pick<Sum, 'lengths' | 'strides' | 'dilations'>,
): Parameters<typeof slice>[1] {
  return position.map((index, axis) => {
    const start = index * (dilations[axis] ?? 1);
    const step = strides[axis] ?? 1;
    return { axis: axis + 2, start, end: start + ((lengths[axis] ?? 1) - 1) * step + 1, step };
  });
}

/** Zeros between the entries of an axis: L → (L - 1) · stride + 1. */
function spreadAxis(x: Value, axis: number, stride: number): Value {
  if (stride === 1) return x;
  const before = x.shape.slice(0, axis);
  const [length = 0, ...after] = fixed(x, axis);
  const apart = unsqueeze(x, [axis + 1]);
  const none = apart.shape.map(() => 0);
  const padded = pad(apart, [...none, ...none.map((_, at) => (at === axis + 1 ? stride - 1 : 0))]);
  const joined = reshapeTo(padded, [...before, length * stride, ...after]);
  return slice(joined, [{ axis, start: 0, end: (length - 1) * stride + 1 }]);
}

function padSpatial(x: Value, pads: readonly number[]): Value {
  return pad(x, spatialPads(pads));
}

function spatialPads(pads: readonly number[]): readonly number[] {
  const rank = pads.length / 2;
  return [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
}

/** One position of a kernel [groups, a, b, ...kernel], as `shape`. */
function entry(weights: Value, position: readonly number[], shape: readonly number[]): Value {
  const ranges = position.map((index, axis) => ({ axis: axis + 3, start: index, end: index + 1 }));
  return reshape(slice(weights, ranges), shape);
}

function withBias(y: Value, bias: Value | null | undefined): Value {
  if (!bias) return y;
  return add(y, reshape(bias, [-1, ...y.shape.slice(2).map(() => 1)]));
}

function positionsOf(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (all, length) => all.flatMap((position) => Array.from({ length }, (_, index) => [...position, index])),
    [[]],
  );
}

/** The lengths from an axis on, which must be known. */
function fixed(value: Value, from = 0): readonly number[] {
  return value.shape.slice(from).map((dim) => {
    if (typeof dim !== 'number') throw new Error(`float64: expected fixed lengths, got [${value.shape.join(', ')}]`);
    return dim;
  });
}
