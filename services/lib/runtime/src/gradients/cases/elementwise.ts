import {
  abs,
  add,
  apply,
  cast,
  clip,
  cos,
  cosh,
  div,
  erf,
  exp,
  identity,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  type Shape,
  sin,
  sinh,
  sqrt,
  sub,
  tanh,
} from '@parallax/graph';
import type { Traced } from '../check-gradient.ts';
import { type GradientCase, type GradientTable, gradientCase } from '../gradient-case.ts';
import { apart, exactly, within } from '../samples.ts';
import { anywhere, binary, type Domain, float32Only, float32Twice, onGrid, positive, unary } from './families.ts';

const insideOne: Domain = (shape) => within(shape, -0.6, 0.6);
const nearZero: Domain = (shape) => within(shape, -0.3, 0.3);
const aboveOne: Domain = (shape) => within(shape, 1.5, 3);

export const elementwise = {
  Abs: unary(abs, apart, {}),
  Acos: unary((x) => apply('Acos', [x])[0], insideOne, float32Twice),
  Acosh: unary((x) => apply('Acosh', [x])[0], aboveOne, float32Twice),
  Asin: unary((x) => apply('Asin', [x])[0], insideOne, float32Twice),
  Asinh: unary((x) => apply('Asinh', [x])[0], anywhere, float32Twice),
  Atan: unary((x) => apply('Atan', [x])[0], anywhere, float32Twice),
  Atanh: unary((x) => apply('Atanh', [x])[0], nearZero, float32Twice),
  Ceil: 'piecewise constant',
  Cos: unary(cos, anywhere),
  Cosh: unary(cosh, anywhere, float32Twice),
  Erf: unary(erf, anywhere, float32Twice),
  Exp: unary(exp, anywhere),
  Floor: 'piecewise constant',
  Identity: unary(identity, anywhere),
  Log: unary(log, positive),
  Neg: unary(neg, anywhere),
  Reciprocal: unary(reciprocal, positive),
  Round: 'piecewise constant',
  Sign: 'piecewise constant',
  Sin: unary(sin, anywhere),
  Sinh: unary(sinh, anywhere, float32Twice),
  Sqrt: unary(sqrt, positive),
  Tan: unary((x) => apply('Tan', [x])[0], insideOne, float32Twice),
  Tanh: unary(tanh, anywhere),

  Add: binary(add, anywhere, anywhere),
  Div: binary(div, anywhere, positive),
  Max: [...binary(maximum, onGrid(), onGrid(3), {}), ...variadic('Max')],
  Min: [...binary(minimum, onGrid(), onGrid(3), {}), ...variadic('Min')],
  // Quotients of 2.1 to 2.9, and of -2.9 to -2.1: none is near a whole number, where the remainder jumps.
  Mod: binary(
    (a, b) => apply('Mod', [a, b], { fmod: 1 })[0],
    (shape) => within(shape, 2.35, 2.65),
    (shape) => within(shape, 0.95, 1.05),
    {},
  ),
  Mul: binary(mul, anywhere, anywhere),
  Pow: [
    ...binary(pow, positive, anywhere),
    gradientCase('whole exponent of a negative base', [within([4], -2, -0.5)], (x) => pow(x, 3), { twice: true }),
    gradientCase('square through 0', [exactly([3], [-1, 0, 1])], (x) => pow(x, 2), { twice: true }),
    gradientCase('exponent 1 at 0', [exactly([2], [0, 1])], (x) => pow(x, 1)),
  ],
  Sub: binary(sub, anywhere, anywhere),
  Clip: [
    gradientCase('between numbers', [apart([3, 4])], (x) => clip(x, -0.3, 0.2)),
    gradientCase('from below', [apart([3, 4])], (x) => clip(x, 0, null)),
    gradientCase('from above', [apart([3, 4])], (x) => clip(x, null, 0)),
    gradientCase('without bounds', [apart([3, 4])], (x) => clip(x, null, null)),
    gradientCase('bounds are differentiated', [apart([12]), exactly([], [-0.2]), exactly([], [0.3])], clip),
    gradientCase('no elements', [apart([0]), exactly([], [-0.2]), exactly([], [0.3])], clip),
    gradientCase('symbolic batch', [apart(['N', 4])], (x) => clip(x, -0.3, 0.2)),
  ],
  Cast: [
    gradientCase('to the same type and back', [within([3])], (x) => cast(cast(x, 'float32'), 'float64'), float32Only),
    gradientCase('symbolic batch', [within(['N', 2])], (x) => mul(cast(x, 'float64'), cast(x, 'float64')), float32Only),
  ],
} as const satisfies Partial<GradientTable>;

/** One operand, three that are repeated along different axes, and five. */
function variadic(op: 'Max' | 'Min'): readonly GradientCase[] {
  const extremum: Traced = (...operands) => apply(op, operands)[0];
  const shapes: readonly Shape[] = [[2, 1, 2], [3, 1], []];
  return [
    gradientCase('of one operand', [apart([4])], extremum),
    gradientCase(
      'of three operands that are repeated',
      shapes.map((shape, index) => onGrid(3 * index)(shape)),
      extremum,
    ),
    gradientCase(
      'of five operands',
      [0, 1, 2, 3, 4].map((index) => onGrid(2 * index)([6])),
      extremum,
    ),
    gradientCase('of three operands in a symbolic batch', [apart(['N', 2]), onGrid(3)([2]), onGrid(6)([1])], extremum),
  ];
}
