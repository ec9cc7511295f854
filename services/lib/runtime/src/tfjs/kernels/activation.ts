import * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from './kernel.ts';
import { binary, unary } from './shared.ts';

/** x · Φ(x), or its approximation by a hyperbolic tangent. */
function gelu(x: tf.Tensor, approximate: string): tf.Tensor {
  if (approximate === 'none') return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const cubic = tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
}

/** x above 0, α · (eˣ - 1) below. */
function elu(x: tf.Tensor, alpha: number): tf.Tensor {
  return tf.add(tf.relu(x), tf.mul(tf.expm1(tf.minimum(x, 0)), alpha));
}

/** x where a condition holds, else 0. */
function keepWhere(condition: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.where(condition, x, tf.zerosLike(x));
}

export const activations: Kernels<
  | 'Celu'
  | 'Elu'
  | 'Gelu'
  | 'HardSigmoid'
  | 'HardSwish'
  | 'LeakyRelu'
  | 'Mish'
  | 'PRelu'
  | 'Relu'
  | 'Selu'
  | 'Shrink'
  | 'Sigmoid'
  | 'Softplus'
  | 'Softsign'
  | 'ThresholdedRelu'
> = {
  Celu: ({ inputs: [x], attributes: { alpha } }) =>
    tf.add(tf.relu(x.tensor), tf.mul(tf.expm1(tf.div(tf.minimum(x.tensor, 0), alpha)), alpha)),
  Elu: ({ inputs: [x], attributes: { alpha } }) => elu(x.tensor, alpha),
  Gelu: ({ inputs: [x], attributes: { approximate } }) => gelu(x.tensor, approximate),
  HardSigmoid: ({ inputs: [x], attributes: { alpha, beta } }) =>
    tf.clipByValue(tf.add(tf.mul(x.tensor, alpha), beta), 0, 1),
  HardSwish: unary((x) => tf.mul(x, tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1))),
  LeakyRelu: ({ inputs: [x], attributes: { alpha } }) => tf.leakyRelu(x.tensor, alpha),
  Mish: unary((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  PRelu: binary((x, slope) => tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), slope))),
  Relu: unary(tf.relu),
  Selu: ({ inputs: [x], attributes: { alpha, gamma } }) => tf.mul(elu(x.tensor, alpha), gamma),
  Shrink: ({ inputs: [x], attributes: { bias, lambd } }) => {
    const above = keepWhere(tf.greater(x.tensor, lambd), tf.sub(x.tensor, bias));
    return tf.add(above, keepWhere(tf.less(x.tensor, -lambd), tf.add(x.tensor, bias)));
  },
  Sigmoid: unary(tf.sigmoid),
  Softplus: unary(tf.softplus),
  Softsign: unary((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  ThresholdedRelu: ({ inputs: [x], attributes: { alpha } }) => keepWhere(tf.greater(x.tensor, alpha), x.tensor),
};
