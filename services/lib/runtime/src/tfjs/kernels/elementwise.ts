import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { binary, unary } from './shared.ts';

/** The whole part, towards 0, of a quotient of integers. */
function divideIntegers(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const below = tf.floorDiv(a, b);
  const rest = tf.sub(a, tf.mul(below, b));
  const negative = tf.logicalAnd(tf.less(below, tf.scalar(0, 'int32')), tf.notEqual(rest, tf.scalar(0, 'int32')));
  return tf.add(below, tf.cast(negative, 'int32'));
}

/** The remainder with the sign of the dividend; `tf.mod` gives it the sign of the divisor. */
function truncatedRemainder(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sign(a), tf.mod(tf.abs(a), tf.abs(b)));
}

function variadic(compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Kernel<'Max'> {
  return ({ inputs }) => inputs.map(({ tensor }) => tensor).reduce(compute);
}

const cast: Kernel<'Cast'> = ({ inputs: [x], outputs: [to] }) => {
  if (to?.dtype === 'bool') return tf.notEqual(x.tensor, tf.zerosLike(x.tensor));
  return tf.clone(x.tensor);
};

export const elementwise: Kernels<
  | 'Abs'
  | 'Acos'
  | 'Acosh'
  | 'Asin'
  | 'Asinh'
  | 'Atan'
  | 'Atanh'
  | 'Ceil'
  | 'Cos'
  | 'Cosh'
  | 'Erf'
  | 'Exp'
  | 'Floor'
  | 'Identity'
  | 'Log'
  | 'Neg'
  | 'Reciprocal'
  | 'Round'
  | 'Sign'
  | 'Sin'
  | 'Sinh'
  | 'Sqrt'
  | 'Tan'
  | 'Tanh'
  | 'Add'
  | 'Div'
  | 'Max'
  | 'Min'
  | 'Mod'
  | 'Mul'
  | 'Pow'
  | 'Sub'
  | 'Clip'
  | 'Cast'
> = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos),
  Acosh: unary(tf.acosh),
  Asin: unary(tf.asin),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh),
  Ceil: unary(tf.ceil),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Floor: unary(tf.floor),
  Identity: unary(tf.clone),
  Log: unary(tf.log),
  Neg: unary(tf.neg),
  Reciprocal: unary(tf.reciprocal),
  Round: unary(tf.round),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Sqrt: unary(tf.sqrt),
  Tan: unary(tf.tan),
  Tanh: unary(tf.tanh),

  Add: binary(tf.add),
  Div: ({ inputs: [a, b] }) => (a.isFloat ? tf.div(a.tensor, b.tensor) : divideIntegers(a.tensor, b.tensor)),
  Max: variadic(tf.maximum),
  Min: variadic(tf.minimum),
  Mod: ({ inputs: [a, b], attributes: { fmod } }) =>
    fmod === 0 ? tf.mod(a.tensor, b.tensor) : truncatedRemainder(a.tensor, b.tensor),
  Mul: binary(tf.mul),
  Pow: binary(tf.pow),
  Sub: binary(tf.sub),

  Clip: ({ inputs: [x, min, max] }) => {
    const raised = min === null ? x.tensor : tf.maximum(x.tensor, min.tensor);
    return max === null ? tf.clone(raised) : tf.minimum(raised, max.tensor);
  },
  Cast: cast,
};
