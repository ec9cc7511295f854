import {
  abs,
  add,
  apply,
  applyNamed,
  constant,
  cos,
  differentiate,
  div,
  exp,
  gelu,
  log,
  mul,
  pow,
  scalarConstant,
  sigmoid,
  sin,
  softplus,
  tanh,
  type Value,
} from '@parallax/graph';
import { elementCount, float32, normal } from '@parallax/tensor';

type UnaryName =
  | 'Asinh'
  | 'Atan'
  | 'Celu'
  | 'Cosh'
  | 'Elu'
  | 'HardSwish'
  | 'LeakyRelu'
  | 'Mish'
  | 'Selu'
  | 'Shrink'
  | 'Sinh'
  | 'Softsign'
  | 'Tan'
  | 'ThresholdedRelu';

/** Functions of single numbers, wherever they stand in a sample. */
export const functions: Readonly<Record<string, (x: Value) => Value>> = {
  cosine: cos,
  exponential: exp,
  gelu,
  'gradient of gelu': (x) => gradient(gelu(x), x),
  logarithm: (x) => log(add(abs(x), 0.1)),
  power: (x) => pow(add(abs(x), 0.1), -0.5),
  quotient: (x) => div(x, 3.3),
  sigmoid,
  sine: sin,
  softplus,
  tanh,
  ...named(
    ...(['Asinh', 'Atan', 'Celu', 'Cosh', 'Elu', 'HardSwish', 'LeakyRelu', 'Mish', 'Selu', 'Shrink', 'Sinh'] as const),
    ...(['Softsign', 'Tan', 'ThresholdedRelu'] as const),
  ),
  'arc cosine': (x) => apply('Acos', [tanh(x)])[0],
  'arc sine': (x) => apply('Asin', [tanh(x)])[0],
  'area cosine': (x) => apply('Acosh', [add(abs(x), 1)])[0],
  'area tangent': (x) => apply('Atanh', [tanh(x)])[0],
  'gelu by tanh': (x) => apply('Gelu', [x], { approximate: 'tanh' })[0],
  'largest of three': (x) => apply('Max', [x, squared(x), scalarConstant(0.3)])[0],
  'parametric relu': (x) => apply('PRelu', [x, scalarConstant(0.3)])[0],
  quantisation: (x) => {
    const [scale, zero] = [scalarConstant(0.03), scalarConstant(3, 'int8')];
    return apply('DequantizeLinear', [apply('QuantizeLinear', [x, scale, zero])[0], scale, zero])[0];
  },
  remainder: (x) => apply('Mod', [x, scalarConstant(0.7)], { fmod: 1 })[0],
  swish: (x) => writtenOut('Swish', [x], { alpha: 1.7 }),
};

/** Functions of one number, and their gradients. */
function named(...ops: readonly UnaryName[]): Readonly<Record<string, (x: Value) => Value>> {
  const forward = ops.map((op) => [op, (x: Value) => apply(op, [x])[0]] as const);
  const backward = forward.map(([op, traced]) => [`gradient of ${op}`, (x: Value) => gradient(traced(x), x)] as const);
  return Object.fromEntries([...forward, ...backward]);
}

export function squared(x: Value): Value {
  return mul(x, x);
}

/** Normally distributed numbers, the same for the same shape. */
export function fixed(...dims: readonly number[]): Value {
  return constant(float32(dims, normal({ seed: 3, purpose: `weights ${dims.join()}` }, elementCount(dims))));
}

/** The gradient of the sum of a value. */
export function gradient(output: Value, x: Value): Value {
  const [found] = differentiate(output, [x]);
  if (found === undefined) throw new Error('expected a gradient');
  return found;
}

/** The first output of an operator that is written out. */
export function writtenOut(
  op: string,
  inputs: readonly Value[],
  attributes: Readonly<Record<string, unknown>> = {},
): Value {
  const [y] = applyNamed(op, { inputs, outputs: 1 }, attributes);
  if (y === undefined) throw new Error(`${op}: expected an output`);
  return y;
}
