import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Kernels } from './kernel.ts';
import { product } from './shared.ts';

/** A product over no elements is 0; and stacks that repeat both ways are repeated first: the kernels do neither. */
function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rows, inner] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  const columns = transposeB ? b.shape.at(-2) : b.shape.at(-1);
  if (inner === 0) return tf.zeros([...batch, rows ?? 0, columns ?? 0]);
  const full = product(batch);
  const [left, right] = [a, b].map((stack) => {
    const own = product(stack.shape.slice(0, -2));
    return own === 1 || own === full ? stack : tf.broadcastTo(stack, [...batch, ...stack.shape.slice(-2)]);
  });
  return tf.matMul(left ?? a, right ?? b, transposeA, transposeB);
}

const gemm: Kernel<'Gemm'> = ({ inputs: [a, b, c], attributes: { alpha, beta, transA, transB } }) => {
  const scaled = tf.mul(matMul(a.tensor, b.tensor, transA === 1, transB === 1), alpha);
  return c === null ? scaled : tf.add(scaled, tf.mul(c.tensor, beta));
};

/** A vector is a row on the left and a column on the right, and that axis is not in the result. */
export function matMulOfVectors(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const matrix = matMul(a.rank === 1 ? tf.expandDims(a, 0) : a, b.rank === 1 ? tf.expandDims(b, 1) : b);
  const columns = b.rank === 1 ? [matrix.rank - 1] : [];
  const rows = a.rank === 1 ? [matrix.rank - 2] : [];
  const gone = [...rows, ...columns];
  return gone.length === 0 ? matrix : tf.squeeze(matrix, gone);
}

export const linear: Kernels<'MatMul' | 'Gemm'> = {
  MatMul: ({ inputs: [a, b] }) => matMulOfVectors(a.tensor, b.tensor),
  Gemm: gemm,
};
