import type { DataType } from '@parallax/tensor';
import {
  add,
  and,
  cast,
  div,
  gather,
  greaterOrEqual,
  lessOrEqual,
  mul,
  neg,
  pad,
  reduceSum,
  reshape,
  reshapeLike,
  reshapeTo,
  round,
  sub,
} from '../build.ts';
import { type Dim, formatShape, type Shape, sameShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { dataTypeOf } from '../onnx/data-types.ts';
import type { Family } from '../operator.ts';
import type { QuantizationSignatures } from '../signatures/quantization.ts';
import { integers, type Value, type ValueInfo } from '../value.ts';
import { linear } from './linear.ts';
import {
  expandLike,
  fixed,
  info,
  int,
  keepWhere,
  requireAxis,
  requireSameType,
  requireShape,
  requireType,
} from './shared.ts';

type Layout = { readonly axis: number; readonly block_size: number };

/** The least and the largest number of each type that numbers are quantised to. */
const ranges: { readonly [D in DataType]?: readonly [least: number, largest: number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};
const quantizedTypes = Object.keys(ranges) as readonly DataType[];

/** How a scale or a zero point lies along x: one for all, one per index of an axis, or one per block of an axis. */
type Granularity = { readonly kind: 'tensor' } | { readonly kind: 'axis' | 'block'; readonly axis: number };

function granularity(op: string, x: ValueInfo, scale: ValueInfo, { axis, block_size }: Layout): Granularity {
  if (scale.shape.length === 0 || (scale.shape.length === 1 && scale.shape[0] === 1 && block_size === 0))
    return { kind: 'tensor' };
  const at = requireAxis(op, axis, x.shape.length);
  return { kind: block_size === 0 ? 'axis' : 'block', axis: at };
}

function requireScale(op: string, x: ValueInfo, scale: ValueInfo, zeroPoint: ValueInfo | null, layout: Layout): void {
  requireType(op, 'scale', scale, ['float32']);
  if (zeroPoint !== null) requireShape(op, 'zero point', zeroPoint, scale.shape);
  const parts = granularity(op, x, scale, layout);
  if (parts.kind === 'tensor') return;
  const expected: Shape =
    parts.kind === 'axis'
      ? [x.shape[parts.axis] ?? 1]
      : x.shape.map((dim, at): Dim => (at === parts.axis ? blockCount(op, dim, layout.block_size) : dim));
  if (!sameShape(scale.shape, expected)) {
    throw new GraphError(
      op,
      `scale: expected [] or ${formatShape(expected)} for x ${formatShape(x.shape)}, got ${formatShape(scale.shape)}`,
    );
  }
}

function blockCount(op: string, dim: Dim, block: number): number {
  return Math.ceil(fixed(op, 'axis of blocks', dim) / block);
}

/** A scale or zero point in a shape that repeats to that of x. */
function spread(op: string, parameter: Value, x: Value, layout: Layout): Value {
  const parts = granularity(op, x, parameter, layout);
  if (parts.kind === 'tensor') return parameter;
  const { axis } = parts;
  if (parts.kind === 'axis') {
    return reshapeTo(
      parameter,
      x.shape.map((dim, at) => (at === axis ? dim : 1)),
    );
  }
  const length = fixed(op, 'axis of blocks', x.shape[axis]);
  const blockOf = Array.from({ length }, (_, index) => Math.floor(index / layout.block_size));
  return gather(parameter, integers(blockOf), axis);
}

/** The transpose of {@link spread}: sums a gradient in the shape of x over all that shares a scale. */
function collect(op: string, gradient: Value, scale: Value, x: Value, layout: Layout): Value {
  const whole = expandLike(gradient, x);
  const parts = granularity(op, x, scale, layout);
  const all = [...x.shape.keys()];
  if (parts.kind === 'tensor') return reshapeLike(reduceSum(whole, all, false), scale);
  const { axis } = parts;
  if (parts.kind === 'axis')
    return reduceSum(
      whole,
      all.filter((at) => at !== axis),
      false,
    );
  const blocks = fixed(op, 'axis of blocks', scale.shape[axis]);
  const missing = blocks * layout.block_size - fixed(op, 'axis of blocks', x.shape[axis]);
  const none = all.map(() => 0);
  const full = pad(whole, [...none, ...none.with(axis, missing)]);
  const split = [...x.shape.slice(0, axis), blocks, layout.block_size, ...x.shape.slice(axis + 1)];
  return reduceSum(reshapeTo(full, split), [axis + 1], false);
}

function quantizedType(zeroPoint: ValueInfo | null, output: number): DataType {
  const asked = output === 0 ? undefined : dataTypeOf(output);
  const dtype = zeroPoint?.dtype ?? asked ?? 'uint8';
  if (output !== 0 && asked !== dtype)
    throw new GraphError('QuantizeLinear', `output_dtype: expected ${dtype}, got ${asked ?? output}`);
  if (ranges[dtype] === undefined)
    throw new GraphError('QuantizeLinear', `zero point: expected ${quantizedTypes.join(' or ')}, got ${dtype}`);
  return dtype;
}

/** The same value in floating point, for a rule that is not about whole numbers. */
function asFloat(x: Value): Value {
  return cast(x, 'float32');
}

/**
 * The numbers that a quantised operand of a product stands for, when its scale is 1. The zero point is one number, or one
 * per row or column.
 */
function centred(x: Value, zeroPoint: Value | null, along: 'rows' | 'columns'): Value {
  const number = cast(x, 'float32');
  if (zeroPoint === null) return number;
  const zero = cast(zeroPoint, 'float32');
  return sub(number, zero.shape.length === 1 && along === 'rows' ? reshape(zero, [-1, 1]) : zero);
}

export const quantization: Family<keyof QuantizationSignatures> = {
  // y = (x - zero)·scale: as smooth as it looks, when whole numbers are taken for what they stand for.
  DequantizeLinear: {
    attributes: { axis: int(1), block_size: int(0) },
    infer: ([x, scale, zeroPoint], layout) => {
      requireType('DequantizeLinear', 'x', x, [...quantizedTypes, 'int32']);
      if (zeroPoint !== null) requireSameType('DequantizeLinear', x, zeroPoint);
      requireScale('DequantizeLinear', x, scale, zeroPoint, layout);
      return [info(scale.dtype, x.shape)];
    },
    gradient: ({ inputs: [x, scale, zeroPoint], gradient: g, attributes }) => {
      const op = 'DequantizeLinear';
      const number = cast(x, scale.dtype);
      const zero = zeroPoint === null ? null : spread(op, cast(zeroPoint, scale.dtype), x, attributes);
      const whole = zero === null ? number : sub(number, zero);
      return [mul(g, spread(op, scale, x, attributes)), collect(op, mul(g, whole), scale, x, attributes), null];
    },
  },
  // (a - zero)·(b - zero) in whole numbers: the gradient is that of the product of what they stand for.
  MatMulInteger: {
    attributes: {},
    infer: ([a, b, ...zeroPoints]) => {
      for (const [index, factor] of [a, b].entries()) {
        const name = index === 0 ? 'a' : 'b';
        requireType('MatMulInteger', name, factor, ['int8', 'uint8']);
        const zeroPoint = zeroPoints[index];
        if (!zeroPoint) continue;
        requireSameType('MatMulInteger', factor, zeroPoint);
        if (zeroPoint.shape.length > 1)
          throw new GraphError(
            'MatMulInteger',
            `zero point of ${name}: expected [] or a vector, got ${formatShape(zeroPoint.shape)}`,
          );
      }
      const [product] = linear.MatMul.infer([asFloat(a), asFloat(b)], {});
      return [info('int32', product?.shape ?? [])];
    },
    gradient: ({ inputs: [a, b, aZero, bZero], outputs, gradient }) => {
      const inputs = [centred(a, aZero, 'rows'), centred(b, bZero, 'columns')] as const;
      const [byA = null, byB = null] = linear.MatMul.gradient?.({ inputs, outputs, attributes: {}, gradient }) ?? [];
      return [byA, byB, null, null];
    },
  },
  /*
   * y = round(x / scale) + zero, clipped to the range of its type. The gradient goes straight through the rounding
   * (arXiv 1308.3432), as in PyTorch's fake quantisation: that of x / scale where the rounded number is representable,
   * 0 where it was clipped. With DequantizeLinear behind, the gradient of the scale is that of arXiv 1902.08153.
   */
  QuantizeLinear: {
    attributes: { axis: int(1), block_size: int(0), output_dtype: int(0), saturate: int(1) },
    infer: ([x, scale, zeroPoint], { output_dtype, ...layout }) => {
      requireType('QuantizeLinear', 'x', x, ['float32']);
      requireScale('QuantizeLinear', x, scale, zeroPoint, layout);
      return [info(quantizedType(zeroPoint, output_dtype), x.shape)];
    },
    gradient: ({ inputs: [x, scale, zeroPoint], outputs: [y], gradient: g, attributes }) => {
      const op = 'QuantizeLinear';
      const [least, largest] = ranges[y?.dtype ?? 'uint8'] ?? [0, 0];
      const divisor = spread(op, scale, x, attributes);
      const exact = div(x, divisor);
      const zero = zeroPoint === null ? null : spread(op, cast(zeroPoint, x.dtype), x, attributes);
      const rounded = zero === null ? round(exact) : add(round(exact), zero);
      const inside = and(greaterOrEqual(rounded, least), lessOrEqual(rounded, largest));
      const through = keepWhere(inside, div(g, divisor));
      return [through, collect(op, neg(mul(through, exact)), scale, x, attributes), null];
    },
  },
};
