import {
  add,
  and,
  cast,
  cos,
  cosh,
  div,
  equal,
  exp,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  log,
  mul,
  neg,
  pow,
  round,
  sign,
  sin,
  sinh,
  sqrt,
  sub,
  where,
} from '../build.ts';
import { GraphError } from '../errors.ts';
import { dataTypeOf } from '../onnx/data-types.ts';
import type { Family, Operator } from '../operator.ts';
import type { ElementwiseSignatures } from '../signatures/elementwise.ts';
import type { Value, ValueInfo } from '../value.ts';
import {
  broadcast,
  floatTypes,
  info,
  int,
  keepWhere,
  like,
  numberTypes,
  pointwise,
  requireSameType,
  requireShape,
  requireType,
  wholeTypes,
} from './shared.ts';
import { smooth, step } from './unary.ts';

/** Numbers of any type, but no truth values. */
function arithmetic(op: string, a: ValueInfo, b: ValueInfo): readonly [ValueInfo] {
  requireType(op, 'a', a, numberTypes);
  return broadcast(op, a, b);
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

function binary(
  op: 'Add' | 'Div' | 'Mul' | 'Pow' | 'Sub',
  gradient: (a: Value, b: Value, g: Value, y: Value) => [Value, Value],
): Operator<'Add'> {
  return {
    attributes: {},
    infer: ([a, b]) => arithmetic(op, a, b),
    gradient: ({ inputs: [a, b], gradient: g, outputs: [y] }) => gradient(a, b, g, y ?? g),
  };
}

/** The largest or smallest of any number of operands. Those that tie share the gradient evenly (PyTorch's `maximum`). */
function extremum(op: 'Max' | 'Min'): Operator<'Max'> {
  return {
    attributes: {},
    infer: ([first, ...others]) => {
      if (first === undefined) throw new GraphError(op, 'expected at least one operand, got none');
      requireType(op, 'a', first, numberTypes);
      return others.reduce(([widest], other) => broadcast(op, widest, other), like([first]));
    },
    gradient: ({ inputs, outputs: [y], gradient: g }) => {
      if (y === undefined) throw new GraphError(op, 'expected one output, got none');
      const chosen = inputs.map((x) => equal(x, y));
      const ties = chosen.map((each) => cast(each, g.dtype)).reduce((count, each) => add(count, each));
      const share = div(g, ties);
      return chosen.map((each) => keepWhere(each, share));
    },
  };
}

export const elementwise: Family<keyof ElementwiseSignatures> = {
  // |x|' = sign x, 0 at 0
  Abs: { attributes: {}, infer: like, gradient: pointwise((x) => sign(x)) },
  Acos: smooth('Acos', (x) => neg(div(1, sqrt(sub(1, mul(x, x)))))),
  Acosh: smooth('Acosh', (x) => div(1, sqrt(sub(mul(x, x), 1)))),
  Asin: smooth('Asin', (x) => div(1, sqrt(sub(1, mul(x, x))))),
  Asinh: smooth('Asinh', (x) => div(1, sqrt(add(mul(x, x), 1)))),
  Atan: smooth('Atan', (x) => div(1, add(mul(x, x), 1))),
  Atanh: smooth('Atanh', (x) => div(1, sub(1, mul(x, x)))),
  Ceil: step('Ceil'),
  Cos: smooth('Cos', (x) => neg(sin(x))),
  Cosh: smooth('Cosh', (x) => sinh(x)),
  // erf' x = 2/√π · exp(-x²)
  Erf: smooth('Erf', (x) => mul(exp(neg(mul(x, x))), twoOverRootPi)),
  Exp: smooth('Exp', (_, y) => y),
  Floor: step('Floor'),
  Identity: { attributes: {}, infer: like, gradient: ({ gradient }) => [gradient] },
  Log: smooth('Log', (x) => div(1, x)),
  Neg: { attributes: {}, infer: like, gradient: ({ gradient }) => [neg(gradient)] },
  Reciprocal: smooth('Reciprocal', (_, y) => neg(mul(y, y))),
  Round: step('Round'),
  Sign: { attributes: {}, infer: like, gradient: () => [null] },
  Sin: smooth('Sin', (x) => cos(x)),
  Sinh: smooth('Sinh', (x) => cosh(x)),
  Sqrt: smooth('Sqrt', (_, y) => div(0.5, y)),
  Tan: smooth('Tan', (_, y) => add(mul(y, y), 1)),
  Tanh: smooth('Tanh', (_, y) => sub(1, mul(y, y))),

  Add: binary('Add', (_a, _b, g) => [g, g]),
  Sub: binary('Sub', (_a, _b, g) => [g, neg(g)]),
  Mul: binary('Mul', (a, b, g) => [mul(g, b), mul(g, a)]),
  Div: binary('Div', (_, b, g, y) => [div(g, b), neg(div(mul(g, y), b))]),
  // ∂aᵇ/∂b = aᵇ·ln a, taken as 0 where a ≤ 0
  Pow: binary('Pow', (a, b, g, y) => [
    mul(g, mul(b, pow(a, sub(b, 1)))),
    keepWhere(greater(a, 0), mul(g, mul(y, log(where(greater(a, 0), a, 1))))),
  ]),
  Max: extremum('Max'),
  Min: extremum('Min'),
  // a - b·n with a whole n that steps: ∂/∂b = -n, and 1 for a also where n steps
  Mod: {
    attributes: { fmod: int(0) },
    infer: ([a, b], { fmod }) => {
      if (fmod === 0) requireType('Mod', 'a, whose fmod is 0', a, wholeTypes);
      return arithmetic('Mod', a, b);
    },
    gradient: ({ inputs: [a, b], outputs: [y], gradient: g }) => [g, neg(mul(g, round(div(sub(a, y ?? a), b))))],
  },

  // The ends belong to the interval: a value that stands at a bound still gets its gradient (PyTorch's `clamp`).
  Clip: {
    attributes: {},
    infer: ([x, min, max]) => {
      for (const bound of [min, max]) {
        if (bound === null) continue;
        requireSameType('Clip', x, bound);
        requireShape('Clip', 'bound', bound, []);
      }
      return like([x]);
    },
    gradient: ({ inputs: [x, min, max], gradient: g }) => {
      const aboveMin = min === null ? null : greaterOrEqual(x, min);
      const belowMax = max === null ? null : lessOrEqual(x, max);
      const inside = aboveMin === null ? belowMax : belowMax === null ? aboveMin : and(aboveMin, belowMax);
      return [
        inside === null ? g : keepWhere(inside, g),
        min === null ? null : keepWhere(less(x, min), g),
        max === null ? null : keepWhere(greater(x, max), g),
      ];
    },
  },
  Cast: {
    attributes: { to: int() },
    infer: ([x], { to }) => {
      const dtype = dataTypeOf(to);
      if (dtype === undefined) throw new GraphError('Cast', `to: expected a known element type, got ${to}`);
      return [info(dtype, x.shape)];
    },
    // Whole numbers that have a gradient are quantised ones: what they become stands for the same.
    gradient: ({ inputs: [x], gradient: g }) => [floatTypes.includes(x.dtype) ? cast(g, x.dtype) : g],
  },
};
