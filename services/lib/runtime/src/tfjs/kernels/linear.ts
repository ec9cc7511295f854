import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';

/** A product over no elements is 0, which the kernels of tfjs refuse to say. */
function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  const [rows, inner] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  if (inner !== 0) return tf.matMul(a, b, transposeA, transposeB);
  const columns = transposeB ? b.shape.at(-2) : b.shape.at(-1);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return tf.zeros([...batch, rows ?? 0, columns ?? 0]);
}

const gemm: Kernel<'Gemm'> = ({ inputs: [a, b, c], attributes: { alpha, beta, transA, transB } }) => {
  const product = tf.mul(matMul(a.tensor, b.tensor, transA === 1, transB === 1), alpha);
  return c === null ? product : tf.add(product, tf.mul(c.tensor, beta));
};

export const linear: Kernels<'MatMul' | 'Gemm'> = {
  MatMul: ({ inputs: [a, b] }) => matMul(a.tensor, b.tensor),
  Gemm: gemm,
};
