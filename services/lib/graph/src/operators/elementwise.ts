import {
  add,
  and,
  cast,
  cos,
  div,
  equal,
  erf,
  exp,
  greater,
  greaterOrEqual,
  hardMask,
  less,
  lessOrEqual,
  log,
  mul,
  neg,
  pow,
  sigmoid,
  sign,
  sin,
  sub,
  where,
} from '../build.ts';
import { GraphError } from '../errors.ts';
import { dataTypeOf } from '../onnx/data-types.ts';
import type { Family, Operator } from '../operator.ts';
import type { Value, ValueInfo } from '../value.ts';
import {
  broadcast,
  float,
  floatLike,
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
  string,
} from './shared.ts';

type UnaryName =
  | 'Abs'
  | 'Ceil'
  | 'Cos'
  | 'Erf'
  | 'Exp'
  | 'Floor'
  | 'Gelu'
  | 'HardSigmoid'
  | 'Identity'
  | 'Log'
  | 'Neg'
  | 'Reciprocal'
  | 'Relu'
  | 'Round'
  | 'Sigmoid'
  | 'Sign'
  | 'Sin'
  | 'Softplus'
  | 'Sqrt'
  | 'Tanh';
type BinaryName = 'Add' | 'Div' | 'Max' | 'Min' | 'Mod' | 'Mul' | 'Pow' | 'Sub';

/** A function of one floating-point variable. */
function smooth(op: UnaryName, derivative: (x: Value, y: Value) => Value): Operator<'Exp'> {
  return { attributes: {}, infer: floatLike(op), gradient: pointwise(derivative) };
}

/** Piecewise constant: the gradient is zero wherever it exists, and PyTorch's convention is zero at the jumps too. */
function step(op: UnaryName): Operator<'Floor'> {
  return { attributes: {}, infer: floatLike(op), gradient: () => [null] };
}

/** Numbers of any type, but no truth values. */
function arithmetic(op: string, a: ValueInfo, b: ValueInfo): readonly [ValueInfo] {
  requireType(op, 'a', a, numberTypes);
  return broadcast(op, a, b);
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);
const oneOverRootTwo = Math.SQRT1_2;
const oneOverRootTwoPi = 1 / Math.sqrt(2 * Math.PI);

function binary(
  op: 'Add' | 'Div' | 'Max' | 'Min' | 'Mul' | 'Pow' | 'Sub',
  gradient: (a: Value, b: Value, g: Value, y: Value) => [Value, Value],
): Operator<'Add'> {
  return {
    attributes: {},
    infer: ([a, b]) => arithmetic(op, a, b),
    gradient: ({ inputs: [a, b], gradient: g, outputs: [y] }) => gradient(a, b, g, y ?? g),
  };
}

/** Where two operands tie, each gets half of the gradient (PyTorch's `maximum` and `minimum`). */
function selected(a: Value, b: Value, g: Value, first: Value): [Value, Value] {
  const half = mul(g, 0.5);
  const tie = equal(a, b);
  return [where(tie, half, keepWhere(first, g)), where(tie, half, where(first, 0, g))];
}

export const elementwise: Family<UnaryName | BinaryName | 'Clip' | 'Cast'> = {
  // |x|' = sign x, 0 at 0
  Abs: { attributes: {}, infer: like, gradient: pointwise((x) => sign(x)) },
  Ceil: step('Ceil'),
  Cos: smooth('Cos', (x) => neg(sin(x))),
  // erf' x = 2/√π · exp(-x²)
  Erf: smooth('Erf', (x) => mul(exp(neg(mul(x, x))), twoOverRootPi)),
  Exp: smooth('Exp', (_, y) => y),
  Floor: step('Floor'),
  // gelu' x = Φ(x) + x·φ(x)
  Gelu: {
    attributes: { approximate: string('none') },
    infer: ([x], { approximate }) => {
      if (approximate !== 'none') throw new GraphError('Gelu', `approximate: expected none, got ${approximate}`);
      return floatLike('Gelu')([x]);
    },
    gradient: pointwise((x) => {
      const cumulative = mul(add(erf(mul(x, oneOverRootTwo)), 1), 0.5);
      const density = mul(exp(mul(mul(x, x), -0.5)), oneOverRootTwoPi);
      return add(cumulative, mul(x, density));
    }),
  },
  // α inside the ramp, 0 outside and at its ends
  HardSigmoid: {
    attributes: { alpha: float(0.2), beta: float(0.5) },
    infer: floatLike('HardSigmoid'),
    gradient: ({ outputs: [y], gradient: g, attributes: { alpha } }) =>
      y === undefined ? [null] : [keepWhere(and(greater(y, 0), less(y, 1)), mul(g, alpha))],
  },
  Identity: { attributes: {}, infer: like, gradient: ({ gradient }) => [gradient] },
  Log: smooth('Log', (x) => div(1, x)),
  Neg: { attributes: {}, infer: like, gradient: ({ gradient }) => [neg(gradient)] },
  Reciprocal: smooth('Reciprocal', (_, y) => neg(mul(y, y))),
  // 1 where the output is positive, 0 at 0
  Relu: smooth('Relu', (_, y) => hardMask(y)),
  Round: step('Round'),
  Sigmoid: smooth('Sigmoid', (_, y) => mul(y, sub(1, y))),
  Sign: { attributes: {}, infer: like, gradient: () => [null] },
  Sin: smooth('Sin', (x) => cos(x)),
  Softplus: smooth('Softplus', (x) => sigmoid(x)),
  Sqrt: smooth('Sqrt', (_, y) => div(0.5, y)),
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
  Max: binary('Max', (a, b, g) => selected(a, b, g, greater(a, b))),
  Min: binary('Min', (a, b, g) => selected(a, b, g, less(a, b))),
  Mod: {
    attributes: { fmod: int(0) },
    infer: ([a, b]) => arithmetic('Mod', a, b),
    gradient: null,
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
    gradient: ({ inputs: [x], gradient: g }) =>
      floatTypes.includes(x.dtype) && floatTypes.includes(g.dtype) ? [cast(g, x.dtype)] : [null],
  },
};
