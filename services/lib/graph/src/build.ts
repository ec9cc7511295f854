import type { DataType, Tensor } from '@parallax/tensor';
import { apply } from './apply.ts';
import { type Dim, formatShape, type Shape, sameShape, shapeSize } from './dims.ts';
import { GraphError } from './errors.ts';
import { onnxType } from './onnx/data-types.ts';
import { roundedWindow } from './operators/window.ts';
import type { Window } from './signatures.ts';
import { constant, integers, scalarConstant, type Value } from './value.ts';

/** A value, or a number that becomes a scalar constant of the type of the other operand. */
export type Operand = Value | number;

/** A binary operator whose operands may be numbers: they take the type of the other operand (float32 when both are numbers). */
function binary(
  op:
    | 'Add'
    | 'Div'
    | 'Max'
    | 'Min'
    | 'Mul'
    | 'Pow'
    | 'Sub'
    | 'Equal'
    | 'Greater'
    | 'GreaterOrEqual'
    | 'Less'
    | 'LessOrEqual',
) {
  return (a: Operand, b: Operand): Value => apply(op, [operand(a, b), operand(b, a)])[0];
}

function unary(
  op:
    | 'Abs'
    | 'Ceil'
    | 'Cos'
    | 'Cosh'
    | 'Erf'
    | 'Exp'
    | 'Floor'
    | 'Identity'
    | 'IsNaN'
    | 'Log'
    | 'Neg'
    | 'Not'
    | 'Reciprocal'
    | 'Relu'
    | 'Round'
    | 'Shape'
    | 'Sigmoid'
    | 'Sign'
    | 'Sin'
    | 'Sinh'
    | 'Softplus'
    | 'Sqrt'
    | 'Tanh'
    | 'GlobalAveragePool',
) {
  return (x: Value): Value => apply(op, [x])[0];
}

/** A reduction over `axes` (all when left out); reduced axes stay with length 1 unless `keepdims` is false. */
function reduction(op: 'ReduceL2' | 'ReduceMax' | 'ReduceMean' | 'ReduceMin' | 'ReduceProd' | 'ReduceSum') {
  return (x: Value, axes?: readonly number[], keepdims = true): Value =>
    apply(op, [x, axes === undefined ? null : integers(axes)], { keepdims: keepdims ? 1 : 0 })[0];
}

function operand(value: Operand, other: Operand): Value {
  if (typeof value !== 'number') return value;
  return scalarConstant(value, typeof other === 'number' ? 'float32' : other.dtype);
}

export const abs = unary('Abs');
export const ceil = unary('Ceil');
export const cos = unary('Cos');
export const cosh = unary('Cosh');
export const erf = unary('Erf');
export const exp = unary('Exp');
export const floor = unary('Floor');
export const identity = unary('Identity');
export const isNan = unary('IsNaN');
export const log = unary('Log');
export const neg = unary('Neg');
export const not = unary('Not');
export const reciprocal = unary('Reciprocal');
export const relu = unary('Relu');
export const round = unary('Round');
export const shapeOf = unary('Shape');
export const sigmoid = unary('Sigmoid');
export const sign = unary('Sign');
export const sin = unary('Sin');
export const sinh = unary('Sinh');
export const softplus = unary('Softplus');
export const sqrt = unary('Sqrt');
export const tanh = unary('Tanh');
export const globalAveragePool = unary('GlobalAveragePool');

export const add = binary('Add');
export const div = binary('Div');
export const maximum = binary('Max');
export const minimum = binary('Min');
export const mul = binary('Mul');
export const pow = binary('Pow');
export const sub = binary('Sub');
export const equal = binary('Equal');
export const greater = binary('Greater');
export const greaterOrEqual = binary('GreaterOrEqual');
export const less = binary('Less');
export const lessOrEqual = binary('LessOrEqual');

export const reduceL2 = reduction('ReduceL2');
export const reduceMax = reduction('ReduceMax');
export const reduceMean = reduction('ReduceMean');
export const reduceMin = reduction('ReduceMin');
export const reduceProd = reduction('ReduceProd');
export const reduceSum = reduction('ReduceSum');

export function and(a: Value, b: Value): Value {
  return apply('And', [a, b])[0];
}

export function or(a: Value, b: Value): Value {
  return apply('Or', [a, b])[0];
}

/** The remainder of integers, with the sign of the divisor. */
export function mod(a: Value, b: Operand): Value {
  return apply('Mod', [a, operand(b, a)])[0];
}

/** GELU with the exact error function. */
export function gelu(x: Value): Value {
  return apply('Gelu', [x])[0];
}

export function clip(x: Value, min: Operand | null, max: Operand | null): Value {
  return apply('Clip', [x, min === null ? null : operand(min, x), max === null ? null : operand(max, x)])[0];
}

export function cast(x: Value, to: DataType): Value {
  return x.dtype === to ? x : apply('Cast', [x], { to: onnxType(to) })[0];
}

/** `x` where the condition holds, else `y`. */
export function where(condition: Value, x: Operand, y: Operand): Value {
  return apply('Where', [condition, operand(x, y), operand(y, x)])[0];
}

/**
 * `value`, bit for bit, with the gradient of `surrogate`, which has its type and shape: for what has none of its own, or
 * one that says nothing (BPDA, Athalye et al. 2018). What is computed for the surrogate alone is not run.
 * @throws GraphError when the two are not of one type and shape.
 */
export function withGradientOf(value: Value, surrogate: Value): Value {
  return apply('parallax.WithGradientOf', [value, surrogate])[0];
}

export function argMax(x: Value, axis: number, keepdims = false): Value {
  return apply('ArgMax', [x], { axis, keepdims: keepdims ? 1 : 0 })[0];
}

/** The `k` largest entries along an axis, in falling order, and where they stood (int64). */
export function topK(x: Value, k: number, axis = -1): { readonly values: Value; readonly indices: Value } {
  const [values, indices] = apply('TopK', [x, integers([k])], { axis });
  if (indices === undefined) throw new GraphError('TopK', 'expected two outputs, got one');
  return { values, indices };
}

/** 1 where the last axis equals the index, else 0: indices [...] → [..., depth]. */
export function oneHot(indices: Value, depth: number, dtype: DataType = 'float32'): Value {
  const onOff = {
    dtype,
    dims: [2],
    data: dtype === 'int64' ? BigInt64Array.of(0n, 1n) : Float32Array.of(0, 1),
  } as Tensor;
  return apply('OneHot', [indices, scalarConstant(depth, 'int64'), constant(onOff)])[0];
}

export function gather(data: Value, indices: Value, axis = 0): Value {
  return apply('Gather', [data, indices], { axis })[0];
}

export function gatherElements(data: Value, indices: Value, axis: number): Value {
  return apply('GatherElements', [data, indices], { axis })[0];
}

export function scatterElements(data: Value, indices: Value, updates: Value, axis: number, reduction = 'none'): Value {
  return apply('ScatterElements', [data, indices, updates], { axis, reduction })[0];
}

export function softmax(x: Value, axis = -1): Value {
  return apply('Softmax', [x], { axis })[0];
}

export function logSoftmax(x: Value, axis = -1): Value {
  return apply('LogSoftmax', [x], { axis })[0];
}

export function concat(parts: readonly Value[], axis: number): Value {
  const only = parts[0];
  return parts.length === 1 && only !== undefined ? only : apply('Concat', parts, { axis })[0];
}

/** Repeats axes of length 1 to the given shape; a value computed at run time may stand for the shape. */
export function expand(x: Value, shape: readonly number[] | Value): Value {
  return apply('Expand', [x, isValue(shape) ? shape : integers(shape)])[0];
}

/** Pads with a constant: `[axis0 begin, axis1 begin, …, axis0 end, …]`; a negative pad crops. */
export function pad(x: Value, pads: readonly number[], value = 0): Value {
  if (pads.every((amount) => amount === 0)) return x;
  return apply('Pad', [x, integers(pads), value === 0 ? null : scalarConstant(value, x.dtype), null])[0];
}

/** `-1` stands for what is left, `0` for the length of the same axis of the input, as in ONNX. */
export function reshape(x: Value, shape: readonly number[] | Value): Value {
  return apply('Reshape', [x, isValue(shape) ? shape : integers(shape)])[0];
}

/** Reshapes to the shape of another value, known now or at run time. */
export function reshapeLike(x: Value, like: Value): Value {
  if (sameShape(x.shape, like.shape)) return x;
  return isInferable(like.shape) ? reshapeTo(x, like.shape) : reshapeExactly(x, shapeOf(like));
}

/**
 * Reshapes to a shape of which at most one dimension is symbolic; a length of 0 means 0.
 * @throws GraphError when more than one dimension would have to be found at run time.
 */
export function reshapeTo(x: Value, shape: Shape): Value {
  if (!isInferable(shape)) {
    throw new GraphError(
      'Reshape',
      `shape: expected at most one symbolic length and then no 0, got ${formatShape(shape)}`,
    );
  }
  const lengths = integers(shape.map((dim) => (typeof dim === 'number' ? dim : -1)));
  return shape.includes(0) ? reshapeExactly(x, lengths) : reshape(x, lengths);
}

/** Whether a shape can be written with one `-1`. Beside a 0 the length that a `-1` stands for is undefined. */
function isInferable(shape: Shape): boolean {
  const symbols = shape.filter((dim) => typeof dim !== 'number').length;
  return symbols === 0 || (symbols === 1 && !shape.includes(0));
}

function reshapeExactly(x: Value, shape: Value): Value {
  return apply('Reshape', [x, shape], { allowzero: 1 })[0];
}

/** Elements `starts` to `ends` (excluded) of the axes named. */
export function slice(
  x: Value,
  ranges: readonly { readonly axis: number; readonly start: number; readonly end: number; readonly step?: number }[],
): Value {
  return apply('Slice', [
    x,
    integers(ranges.map((range) => range.start)),
    integers(ranges.map((range) => range.end)),
    integers(ranges.map((range) => range.axis)),
    integers(ranges.map((range) => range.step ?? 1)),
  ])[0];
}

/** An end for {@link slice} that means "to the last element" (or, with a negative step, "to the first"). */
export const toTheEnd = 2 ** 31 - 1;
export const toTheStart = -(2 ** 31 - 1);

export function squeeze(x: Value, axes: readonly number[]): Value {
  return apply('Squeeze', [x, integers(axes)])[0];
}

export function unsqueeze(x: Value, axes: readonly number[]): Value {
  return apply('Unsqueeze', [x, integers(axes)])[0];
}

export function transpose(x: Value, perm: readonly number[]): Value {
  return perm.every((axis, at) => axis === at) ? x : apply('Transpose', [x], { perm })[0];
}

export function matMul(a: Value, b: Value): Value {
  return apply('MatMul', [a, b])[0];
}

/** `a · b` of two matrices, either transposed first, plus `c`. */
export function gemm(
  a: Value,
  b: Value,
  options: { readonly transA?: boolean; readonly transB?: boolean; readonly c?: Value } = {},
): Value {
  const flags = { transA: options.transA ? 1 : 0, transB: options.transB ? 1 : 0 };
  return apply('Gemm', [a, b, options.c ?? null], flags)[0];
}

/** What may be left out of a window: stride and dilation 1, no padding; the kernel is read off the weights. */
export type WindowOptions = Partial<Omit<Window, 'kernel_shape'>>;

/** Convolution of [N, C, ...spatial] with weights [O, C/group, ...kernel]. */
export function conv(
  x: Value,
  weight: Value,
  bias: Value | null,
  options: WindowOptions & { readonly group?: number } = {},
): Value {
  return apply('Conv', [x, weight, bias], { ...window(weight.shape.slice(2), options), group: options.group ?? 1 })[0];
}

/** Transposed convolution of [N, C, ...spatial] with weights [C, O/group, ...kernel]. */
export function convTranspose(
  x: Value,
  weight: Value,
  bias: Value | null,
  options: WindowOptions & { readonly group?: number; readonly output_padding?: readonly number[] } = {},
): Value {
  const kernel = weight.shape.slice(2);
  return apply('ConvTranspose', [x, weight, bias], {
    ...window(kernel, options),
    group: options.group ?? 1,
    output_padding: options.output_padding ?? kernel.map(() => 0),
  })[0];
}

/** How a pooling is cut besides its window: `ceil_mode` 1 adds a last window that reaches over the end. */
export type PoolOptions = WindowOptions & { readonly ceil_mode?: number };

export function averagePool(
  x: Value,
  kernel: readonly number[],
  options: PoolOptions & { readonly count_include_pad?: number } = {},
): Value {
  const { count_include_pad = 0 } = options;
  const rounded = roundedWindow('AveragePool', x, { ...options, ...window(kernel, options), count_include_pad });
  return apply('AveragePool', [x], { count_include_pad, ...rounded })[0];
}

/** The largest entry of each window. */
export function maxPool(x: Value, kernel: readonly number[], options: PoolOptions = {}): Value {
  const { ceil_mode: _, ...rounded } = roundedWindow('MaxPool', x, { ...options, ...window(kernel, options) });
  return apply('MaxPool', [x], rounded)[0];
}

function window(kernel: readonly Dim[], options: WindowOptions): Window {
  const shape = kernel.map((dim) => {
    if (typeof dim !== 'number') throw new GraphError('Conv', `kernel: expected fixed lengths, got ${dim}`);
    return dim;
  });
  return {
    kernel_shape: shape,
    strides: options.strides ?? shape.map(() => 1),
    pads: options.pads ?? [...shape, ...shape].map(() => 0),
    dilations: options.dilations ?? shape.map(() => 1),
  };
}

/**
 * Batch normalisation of [N, C, ...] with given statistics: scale · (x - mean) / sqrt(variance + epsilon) + bias.
 */
export function batchNormalization(
  x: Value,
  parameters: { readonly scale: Value; readonly bias: Value; readonly mean: Value; readonly variance: Value },
  epsilon = 1e-5,
): Value {
  const { scale, bias, mean, variance } = parameters;
  return apply('BatchNormalization', [x, scale, bias, mean, variance], { epsilon })[0];
}

/** Batch normalisation with the statistics of the batch itself, which it also returns ([C] each, variance biased). */
export function batchNormalizationTraining(
  x: Value,
  parameters: { readonly scale: Value; readonly bias: Value; readonly mean: Value; readonly variance: Value },
  epsilon = 1e-5,
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const { scale, bias } = parameters;
  // With momentum 0 the operator's "running" outputs are the statistics of this batch.
  const attributes = { epsilon, momentum: 0, training_mode: 1 };
  const [y, mean, variance] = apply(
    'BatchNormalization',
    [x, scale, bias, parameters.mean, parameters.variance],
    attributes,
  );
  if (mean === undefined || variance === undefined)
    throw new GraphError('BatchNormalization', 'expected three outputs');
  return { y, mean, variance };
}

/** Normalises over `axis` and all after it; scale and bias have their shape. */
export function layerNormalization(x: Value, scale: Value, bias: Value | null, axis = -1, epsilon = 1e-5): Value {
  return apply('LayerNormalization', [x, scale, bias], { axis, epsilon })[0];
}

/** Sums over windows of `size` (odd) channels around each of x [N, C, ...spatial]: a product with a band of ones. */
export function channelSums(x: Value, size: number): Value {
  const channels = fixedDim(x.shape, 1);
  const band = Float32Array.from({ length: channels * channels }, (_, index) => {
    const distance = Math.abs((index % channels) - Math.floor(index / channels));
    return distance <= (size - 1) / 2 ? 1 : 0;
  });
  const windows = cast(constant({ dtype: 'float32', dims: [channels, channels], data: band }), x.dtype);
  const [batch = 1, , ...spatial] = x.shape;
  return reshapeLike(matMul(windows, reshapeTo(x, [batch, channels, shapeSize(spatial)])), x);
}

function isValue(shape: readonly number[] | Value): shape is Value {
  return !Array.isArray(shape);
}

/** The length of an axis, which must be fixed. */
export function fixedDim(shape: Shape, axis: number): number {
  const dim = shape.at(axis);
  if (typeof dim !== 'number')
    throw new GraphError('shape', `axis ${axis} of [${shape.join(', ')}]: expected a fixed length`);
  return dim;
}

/** Steep enough that every positive normal float32 exceeds 1 after multiplication, and finite. */
const steepest = 3e38;

/**
 * 1 where `y` is positive, 0 elsewhere, for a value that is never negative. Written as a HardSigmoid because
 * onnxruntime keeps its blocked memory layout across that operator, and leaves it for comparisons and casts. (It has
 * the operator in float32 only.)
 */
export function hardMask(y: Value): Value {
  if (y.dtype !== 'float32') return cast(greater(y, 0), y.dtype);
  return apply('HardSigmoid', [y], { alpha: steepest, beta: 0 })[0];
}
