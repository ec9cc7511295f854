import { apply } from '../apply.ts';
import { add, cast, div, equal, exp, mul, not, reduceProd, reduceSum, reshapeTo, sign, sub, where } from '../build.ts';
import type { Dim } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family, GradientContext, Operator } from '../operator.ts';
import type { ReductionsSignatures } from '../signatures/reduction.ts';
import { constantIntegers, type Value, type ValueInfo } from '../value.ts';
import {
  countOf,
  expandLike,
  floatTypes,
  info,
  int,
  integerTypes,
  keepWhere,
  numberTypes,
  requireAxis,
  requireType,
} from './shared.ts';

type ReductionName = Extract<keyof ReductionsSignatures, `Reduce${string}`>;
type Attributes = { readonly keepdims: number; readonly noop_with_empty_axes: number };

function reducedAxes(op: string, x: ValueInfo, axes: Value | null, attributes: Attributes): readonly number[] {
  const given = axes === null ? [] : constantIntegers(axes);
  if (given === undefined) throw new GraphError(op, 'axes: expected a constant, got a computed value');
  if (given.length > 0) return given.map((axis) => requireAxis(op, axis, x.shape.length));
  return attributes.noop_with_empty_axes === 1 ? [] : x.shape.map((_, axis) => axis);
}

/**
 * The parts every gradient of a reduction needs: the incoming gradient and the result, both with the reduced axes
 * back as length 1 and repeated to the shape of the input, and the number of elements reduced.
 */
interface Reduced {
  readonly x: Value;
  readonly y: Value;
  readonly g: Value;
  readonly axes: readonly number[];
}

function reduction(op: ReductionName, derivative: (reduced: Reduced) => Value): Operator<'ReduceSum'> {
  return {
    attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    infer: ([x, axes], attributes) => {
      const reduced = reducedAxes(op, x, axes, attributes);
      const shape = x.shape.flatMap((dim, axis): Dim[] =>
        !reduced.includes(axis) ? [dim] : attributes.keepdims === 1 ? [1] : [],
      );
      return [info(x.dtype, shape)];
    },
    gradient: (context: GradientContext<'ReduceSum'>) => {
      const {
        inputs: [x, axesInput],
        outputs: [y],
        gradient: g,
        attributes,
      } = context;
      if (y === undefined) return [null, null];
      const axes = reducedAxes(op, x, axesInput, attributes);
      const restore = (value: Value): Value => expandLike(withReducedAxes(value, x, axes), x);
      return [derivative({ x, y: restore(y), g: restore(g), axes }), null];
    },
  };
}

function withReducedAxes(value: Value, x: Value, axes: readonly number[]): Value {
  if (value.shape.length === x.shape.length) return value;
  return reshapeTo(
    value,
    x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
  );
}

/** Ties share the gradient evenly (PyTorch's `amax` and `amin`). */
function evenly({ x, y, g, axes }: Reduced): Value {
  const chosen = cast(equal(x, y), x.dtype);
  return div(mul(g, chosen), reduceSum(chosen, axes));
}

/**
 * The product of all others. With P the product of what is not 0 and x̃ = x, or 1 where x is 0: P / x̃ where no other is 0,
 * that times the one that is where there is one, and 0 where there are more. The one that is 0 stands there for its own
 * gradient: the gradient of the gradient is right at zeros too.
 */
function productOfOthers({ x, g, axes }: Reduced): Value {
  const isZero = equal(x, 0);
  const zero = cast(isZero, x.dtype);
  const nonZero = where(isZero, 1, x);
  const amongOthers = (each: Value): Value => sub(reduceSum(each, axes), each);
  const zeros = amongOthers(zero);
  const factor = where(equal(zeros, 0), 1, keepWhere(equal(zeros, 1), amongOthers(mul(x, zero))));
  return mul(mul(g, factor), div(reduceProd(nonZero, axes), nonZero));
}

function softmaxLike(
  op: 'Hardmax' | 'LogSoftmax' | 'Softmax',
  rule: (y: Value, g: Value, axis: number) => Value | null,
): Operator<'Softmax'> {
  return {
    attributes: { axis: int(-1) },
    infer: ([x], { axis }) => {
      requireType(op, 'x', x, floatTypes);
      requireAxis(op, axis, x.shape.length);
      return [info(x.dtype, x.shape)];
    },
    gradient: ({ outputs: [y], gradient: g, attributes: { axis } }) => [y === undefined ? null : rule(y, g, axis)],
  };
}

export const reductions: Family<keyof ReductionsSignatures> = {
  // The same sum from the other end.
  CumSum: {
    attributes: { exclusive: int(0), reverse: int(0) },
    infer: ([x, axis]) => {
      requireType('CumSum', 'x', x, numberTypes);
      requireType('CumSum', 'axis', axis, integerTypes);
      const at = constantIntegers(axis)?.[0];
      if (at !== undefined) requireAxis('CumSum', at, x.shape.length);
      return [info(x.dtype, x.shape)];
    },
    gradient: ({ inputs: [, axis], gradient: g, attributes: { exclusive, reverse } }) => [
      apply('CumSum', [g, axis], { exclusive, reverse: 1 - reverse })[0],
      null,
    ],
  },
  // sign x, 0 at 0
  ReduceL1: reduction('ReduceL1', ({ x, g }) => mul(g, sign(x))),
  // x / ‖x‖, taken as 0 at the origin
  ReduceL2: reduction('ReduceL2', ({ x, y, g }) => {
    const positive = not(equal(y, 0));
    const divisor = add(y, cast(equal(y, 0), y.dtype));
    return keepWhere(positive, div(mul(g, x), divisor));
  }),
  ReduceLogSum: reduction('ReduceLogSum', ({ x, g, axes }) => div(g, reduceSum(x, axes))),
  ReduceLogSumExp: reduction('ReduceLogSumExp', ({ x, y, g }) => mul(g, exp(sub(x, y)))),
  ReduceMax: reduction('ReduceMax', evenly),
  ReduceMean: reduction('ReduceMean', ({ x, g, axes }) => div(g, countOf(x, axes))),
  ReduceMin: reduction('ReduceMin', evenly),
  ReduceProd: reduction('ReduceProd', productOfOthers),
  ReduceSum: reduction('ReduceSum', ({ g }) => g),
  ReduceSumSquare: reduction('ReduceSumSquare', ({ x, g }) => mul(g, mul(x, 2))),
  // Piecewise constant: 1 at the first largest entry.
  Hardmax: softmaxLike('Hardmax', () => null),
  // g - softmax(x) · Σg
  LogSoftmax: softmaxLike('LogSoftmax', (y, g, axis) => sub(g, mul(exp(y), reduceSum(g, [axis])))),
  // y · (g - Σ g·y)
  Softmax: softmaxLike('Softmax', (y, g, axis) => {
    const weighted = mul(g, y);
    return sub(weighted, mul(y, reduceSum(weighted, [axis])));
  }),
};
