import type { DataType } from '@parallax/tensor';
import { cast, expand, gather, mul, reshape, shapeOf, where } from '../build.ts';
import { broadcastShapes, type Dim, formatShape, isStatic, normalizeAxis, type Shape, sameShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { AttributeSpec } from '../operator.ts';
import { constant, scalarConstant, type Value, type ValueInfo } from '../value.ts';

// Attribute kinds, as ONNX writes them. A kind without a default must be given.
export const int = (value?: number) => ({ kind: 'int', default: value }) as AttributeSpec<number>;
export const float = (value?: number) => ({ kind: 'float', default: value }) as AttributeSpec<number>;
export const string = (value?: string) => ({ kind: 'string', default: value }) as AttributeSpec<string>;
export const ints = (value?: readonly number[]) =>
  ({ kind: 'ints', default: value }) as AttributeSpec<readonly number[]>;

/** The default of an attribute whose absence means something that no number says. It is not written. */
export const notGiven = Number.NaN;

export const floatTypes: readonly DataType[] = ['float32', 'float64'];
/** What indices may be. */
export const integerTypes: readonly DataType[] = ['int64', 'int32'];
export const unsignedTypes: readonly DataType[] = ['uint64', 'uint32', 'uint16', 'uint8'];
export const wholeTypes: readonly DataType[] = [...integerTypes, 'int16', 'int8', ...unsignedTypes];
export const numberTypes: readonly DataType[] = [...floatTypes, ...wholeTypes];

export function info(dtype: DataType, shape: Shape): ValueInfo {
  return { dtype, shape };
}

/** Floating-point in, the same type and shape out. */
export function floatLike(op: string) {
  return ([x]: readonly [ValueInfo, ...unknown[]]): readonly [ValueInfo] => {
    requireType(op, 'x', x, floatTypes);
    return like([x]);
  };
}

/** The output is like the input. */
export function like(inputs: readonly [ValueInfo, ...unknown[]]): readonly [ValueInfo] {
  return [info(inputs[0].dtype, inputs[0].shape)];
}

export function requireSameType(op: string, a: ValueInfo, b: ValueInfo): void {
  if (a.dtype !== b.dtype)
    throw new GraphError(op, `expected operands of one element type, got ${a.dtype} and ${b.dtype}`);
}

/** The broadcast of two operands of one element type. */
export function broadcast(op: string, a: ValueInfo, b: ValueInfo, dtype: DataType = a.dtype): readonly [ValueInfo] {
  requireSameType(op, a, b);
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) {
    throw new GraphError(op, `expected shapes that broadcast, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  return [info(dtype, shape)];
}

/** A value that repeats to a shape, and does not repeat that shape. */
export function requireBroadcast(op: string, name: string, value: ValueInfo, shape: Shape): void {
  const together = broadcastShapes(value.shape, shape);
  if (together === undefined || !sameShape(together, shape)) {
    throw new GraphError(
      op,
      `${name}: expected a shape that repeats to ${formatShape(shape)}, got ${formatShape(value.shape)}`,
    );
  }
}

export function requireAxis(op: string, axis: number, rank: number): number {
  const normal = normalizeAxis(axis, rank);
  if (normal === undefined) throw new GraphError(op, `axis: expected ${-rank} to ${rank - 1}, got ${axis}`);
  return normal;
}

export function requireRank(op: string, name: string, value: ValueInfo, rank: number): void {
  if (value.shape.length !== rank) {
    throw new GraphError(op, `${name}: expected rank ${rank}, got ${formatShape(value.shape)}`);
  }
}

export function requireShape(op: string, name: string, value: ValueInfo, shape: Shape): void {
  if (!sameShape(value.shape, shape)) {
    throw new GraphError(op, `${name}: expected ${formatShape(shape)}, got ${formatShape(value.shape)}`);
  }
}

export function requireType(op: string, name: string, value: ValueInfo, allowed: readonly DataType[]): void {
  if (!allowed.includes(value.dtype)) {
    throw new GraphError(op, `${name}: expected ${allowed.join(' or ')}, got ${value.dtype}`);
  }
}

/** The length of an axis that must be known when the graph is built. */
export function fixed(op: string, name: string, dim: Dim | undefined): number {
  if (typeof dim !== 'number') throw new GraphError(op, `${name}: expected a fixed length, got ${dim}`);
  return dim;
}

/** Constant numbers of the floating-point type of another value. */
export function constantLike({ dtype }: ValueInfo, dims: readonly number[], numbers: ArrayLike<number>): Value {
  return dtype === 'float64'
    ? constant({ dtype, dims, data: Float64Array.from(numbers) })
    : constant({ dtype: 'float32', dims, data: Float32Array.from(numbers) });
}

/** Repeats a value to the shape of another; the shape is read at run time where it is not known now. */
export function expandLike(x: Value, target: Value): Value {
  if (sameShape(x.shape, target.shape)) return x;
  return expand(x, isStatic(target.shape) ? target.shape : shapeOf(target));
}

/** The number of elements along some axes, as a scalar of the type of `x`; symbolic lengths are read at run time. */
export function countOf(x: Value, axes: readonly number[]): Value {
  const known = axes.map((axis) => x.shape[axis]).filter((dim) => typeof dim === 'number');
  const product = scalarConstant(
    known.reduce((size, dim) => size * dim, 1),
    x.dtype,
  );
  const symbolic = axes.filter((axis) => typeof x.shape[axis] !== 'number');
  return symbolic
    .map((axis) => cast(gather(shapeOf(x), scalarConstant(axis, 'int64')), x.dtype))
    .reduce((size, length) => mul(size, length), product);
}

export function zerosLike(x: Value): Value {
  return expandLike(scalarConstant(0, x.dtype), x);
}

/** `x` where the condition holds, else 0. */
export function keepWhere(condition: Value, x: Value): Value {
  return where(condition, x, 0);
}

/** A per-channel vector [C] as [1, C, 1, …] of the given rank, so that it broadcasts along axis 1. */
export function perChannel(vector: Value, rank: number): Value {
  return reshape(vector, [1, -1, ...Array<number>(rank - 2).fill(1)]);
}

/** Axes of a [N, C, ...spatial] value that a per-channel statistic is taken over. */
export function channelReductionAxes(rank: number): readonly number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, index) => index + 2)];
}

/** A gradient rule y' = g · f(x, y): the chain rule for a function of one variable. */
export function pointwise(derivative: (x: Value, y: Value) => Value) {
  return (context: {
    readonly inputs: readonly [Value];
    readonly outputs: readonly Value[];
    readonly gradient: Value;
  }): [Value] => {
    const [y] = context.outputs;
    if (y === undefined) throw new GraphError('gradient', 'expected one output, got none');
    return [mul(context.gradient, derivative(context.inputs[0], y))];
  };
}
