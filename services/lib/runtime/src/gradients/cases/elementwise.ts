import {
  abs,
  add,
  apply,
  cast,
  clip,
  cos,
  div,
  erf,
  exp,
  gelu,
  identity,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  type Shape,
  sigmoid,
  sin,
  softplus,
  sqrt,
  sub,
  tanh,
} from '@parallax/graph';
import type { Traced } from '../check-gradient.ts';
import { type GradientCase, type GradientTable, gradientCase } from '../gradient-case.ts';
import { apart, exactly, type Sample, within } from '../samples.ts';

type Options = Pick<GradientCase, 'precision' | 'twice'>;
type Domain = (shape: Shape) => Sample;

const anywhere: Domain = (shape) => within(shape, -2, 2);
const positive: Domain = (shape) => within(shape, 0.5, 2);
const float32Only: Options = { precision: 'float32' };

/** A function of one variable: on a matrix, a scalar, nothing, and a batch of unknown length. */
function unary(traced: Traced, domain: Domain, options: Options = { twice: true }): readonly GradientCase[] {
  return [
    gradientCase('matrix', [domain([2, 3])], traced, options),
    gradientCase('scalar', [domain([])], traced, options),
    gradientCase('no elements', [domain([0, 3])], traced, options),
    gradientCase('symbolic batch', [domain(['N', 2])], traced, { ...options, twice: false }),
  ];
}

/** A function of two variables, under every kind of broadcasting. */
function binary(traced: Traced, left: Domain, right: Domain, options: Options = { twice: true }) {
  const shapes: readonly (readonly [name: string, left: Shape, right: Shape])[] = [
    ['equal shapes', [2, 3], [2, 3]],
    ['left is repeated along both axes', [1, 1], [2, 3]],
    ['right is a scalar', [2, 3], []],
    ['left is a row', [3], [2, 3]],
    ['each is repeated along one axis', [2, 1, 3], [4, 1]],
    ['no elements', [0, 3], [1, 3]],
    ['lengths of 1', [1, 1], [1, 1]],
  ];
  return [
    ...shapes.map(([name, a, b]) => gradientCase(name, [left(a), right(b)], traced, options)),
    gradientCase('symbolic batch', [left(['N', 1, 2]), right([3, 1])], traced, { ...options, twice: false }),
    gradientCase('symbolic batch on the right', [left([2]), right(['N', 2])], traced, { ...options, twice: false }),
  ];
}

/** Both operands on one grid, shifted so that no two entries meet. */
const onGrid: Domain = (shape) => apart(shape);
const offGrid: Domain = (shape) => {
  const { draw } = apart(shape);
  return { shape, draw: (length, purpose) => Float64Array.from(draw(length, purpose), (value) => value + 0.03) };
};

export const elementwise = {
  Abs: unary(abs, apart, {}),
  Ceil: 'piecewise constant',
  Cos: unary(cos, anywhere),
  Erf: unary(erf, anywhere, { ...float32Only, twice: true }),
  Exp: unary(exp, anywhere),
  Floor: 'piecewise constant',
  Gelu: unary(gelu, anywhere, { ...float32Only, twice: true }),
  HardSigmoid: [
    gradientCase('on the ramp and off it', [exactly([5], [-4, -1, 0.5, 1, 4])], hardSigmoid(0.2, 0.5), float32Only),
    gradientCase('a steep ramp', [exactly([3], [-0.5, 0.25, 0.75])], hardSigmoid(2, 0), float32Only),
    gradientCase('no elements', [within([0])], hardSigmoid(0.2, 0.5), float32Only),
  ],
  Identity: unary(identity, anywhere),
  Log: unary(log, positive),
  Neg: unary(neg, anywhere),
  Reciprocal: unary(reciprocal, positive),
  Relu: unary(relu, apart, { twice: true }),
  Round: 'piecewise constant',
  Sigmoid: unary(sigmoid, anywhere),
  Sign: 'piecewise constant',
  Sin: unary(sin, anywhere),
  Softplus: unary(softplus, anywhere, { ...float32Only, twice: true }),
  Sqrt: unary(sqrt, positive),
  Tanh: unary(tanh, anywhere),

  Add: binary(add, anywhere, anywhere),
  Div: binary(div, anywhere, positive),
  Max: binary(maximum, onGrid, offGrid, {}),
  Min: binary(minimum, onGrid, offGrid, {}),
  Mod: 'not differentiable',
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

function hardSigmoid(alpha: number, beta: number): Traced {
  return (x) => apply('HardSigmoid', [x], { alpha, beta })[0];
}
