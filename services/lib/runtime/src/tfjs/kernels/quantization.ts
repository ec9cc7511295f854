import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../../engine.ts';
import type { Operand } from '../operand.ts';
import type { Kernel, Kernels } from './kernel.ts';
import { matMulOfVectors } from './linear.ts';
import { axisOf, count, pick } from './shared.ts';

interface Layout {
  readonly axis: number;
  readonly block_size: number;
}

/** The numbers that each type can hold. */
const ranges: Readonly<Record<string, readonly [least: number, largest: number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** A scale or zero point as it repeats over x: one for all, one an index of an axis, or one a block along it. */
function repeated(parameter: Operand, x: Operand, { axis, block_size }: Layout): tf.Tensor {
  const numbers = tf.cast(parameter.tensor, 'float32');
  if (block_size === 0 && parameter.dims.length === 0) return numbers;
  const at = axisOf(axis, x.dims.length);
  if (block_size === 0) {
    if (parameter.dims[0] === 1) return tf.reshape(numbers, []);
    return tf.reshape(
      numbers,
      x.dims.map((length, each) => (each === at ? length : 1)),
    );
  }
  const blocks = count(x.dims[at] ?? 0).map((index) => Math.floor(index / block_size));
  return pick(numbers, blocks, at);
}

/** round(x / scale) + zero point, saturated; ties go to the even number. */
const quantize: Kernel<'QuantizeLinear'> = ({ inputs: [x, scale, zeroPoint], attributes, outputs: [to] }) => {
  const range = ranges[to?.dtype ?? ''];
  if (range === undefined) throw new RuntimeError(`expected an integer type of 8 or 16 bits, got ${to?.dtype}`);
  const steps = tf.round(tf.div(tf.cast(x.tensor, 'float32'), repeated(scale, x, attributes)));
  const shifted = zeroPoint === null ? steps : tf.add(steps, repeated(zeroPoint, x, attributes));
  return tf.clipByValue(shifted, ...range);
};

/** (x - zero point) · scale */
const dequantize: Kernel<'DequantizeLinear'> = ({ inputs: [x, scale, zeroPoint], attributes }) => {
  const steps = tf.cast(x.tensor, 'float32');
  const centred = zeroPoint === null ? steps : tf.sub(steps, repeated(zeroPoint, x, attributes));
  return tf.mul(centred, repeated(scale, x, attributes));
};

/** Products of integers without their zero points: one for all, or one a row on the left and a column on the right. */
const matMulInteger: Kernel<'MatMulInteger'> = ({ inputs: [a, b, aZero, bZero] }) => {
  const isPerRow = aZero !== null && aZero.dims.length === 1 && a.dims.length > 1;
  const rows = aZero === null ? undefined : isPerRow ? tf.reshape(aZero.tensor, [-1, 1]) : aZero.tensor;
  const left = rows === undefined ? a.tensor : tf.sub(a.tensor, rows);
  const right = bZero === null ? b.tensor : tf.sub(b.tensor, bZero.tensor);
  return matMulOfVectors(left, right);
};

export const quantization: Kernels<'DequantizeLinear' | 'MatMulInteger' | 'QuantizeLinear'> = {
  DequantizeLinear: dequantize,
  MatMulInteger: matMulInteger,
  QuantizeLinear: quantize,
};
