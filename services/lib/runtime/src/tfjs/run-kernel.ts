import { formatShape, isStatic, type ValueInfo } from '@parallax/graph';
import { type DataType, elementCount, zeros } from '@parallax/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../engine.ts';
import { useBackend } from './backend.ts';
import { deviceType, Operand } from './operand.ts';
import type { KernelStep } from './program.ts';

/** Computes on a backend, and on cpu what that backend has no kernel for. */
export function runKernel(step: KernelStep, inputs: readonly (Operand | null)[], backend: string): readonly Operand[] {
  const { node } = step;
  if (node.outputs.every(isEmpty)) {
    return node.outputs.map(({ dtype, shape }) => Operand.fromHost(zeros(dtype, shape as readonly number[])));
  }
  try {
    return compute(step, inputs, suits(backend, inputs, node.outputs) ? backend : 'cpu');
  } catch (error) {
    if (error instanceof Error && error.message.includes('not registered for the backend'))
      return compute(step, inputs, 'cpu');
    throw new RuntimeError(`node ${node.op}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** The WebAssembly backend is written for floating-point numbers. */
function suits(backend: string, inputs: readonly (Operand | null)[], outputs: readonly ValueInfo[]): boolean {
  return backend !== 'wasm' || (inputs[0]?.isFloat === true && outputs[0]?.dtype === 'float32');
}

function isEmpty({ shape }: ValueInfo): boolean {
  return isStatic(shape) && elementCount(shape) === 0;
}

function compute(
  { node, kernel }: KernelStep,
  inputs: readonly (Operand | null)[],
  backend: string,
): readonly Operand[] {
  useBackend(backend);
  const computed = tf.tidy(() => {
    const context = { inputs, attributes: node.attributes, outputs: node.outputs };
    const made = [kernel(context as never)].flat();
    return made.map((tensor, index) => conform(tensor, node.outputs[index], inputs));
  });
  return computed.map((tensor, index) => Operand.fromDevice(node.outputs[index]?.dtype ?? 'float32', tensor));
}

/** A tensor of its own, of the element type that the graph says, and of the shape if that is known. */
function conform(tensor: tf.Tensor, expected: ValueInfo | undefined, inputs: readonly (Operand | null)[]): tf.Tensor {
  if (expected === undefined) throw new RuntimeError('expected fewer outputs');
  const { shape } = expected;
  if (
    tensor.rank !== shape.length ||
    shape.some((dim, axis) => typeof dim === 'number' && dim !== tensor.shape[axis])
  ) {
    throw new RuntimeError(`expected ${formatShape(shape)}, computed ${formatShape(tensor.shape)}`);
  }
  const dtype = deviceType(expected.dtype);
  if (tensor.dtype !== dtype) return wrapped(tf.cast(tensor, dtype), expected);
  return inputs.some((input) => input?.owns(tensor)) ? tf.clone(tensor) : wrapped(tensor, expected);
}

/** How many numbers the narrow integers have. */
const widths: { readonly [D in DataType]?: number } = { int8: 2 ** 8, uint8: 2 ** 8, int16: 2 ** 16, uint16: 2 ** 16 };

/** Narrow integers count modulo their width, which the 32-bit ones that stand for them do not. */
function wrapped(tensor: tf.Tensor, { dtype }: ValueInfo): tf.Tensor {
  const width = widths[dtype];
  if (width === undefined) return tensor;
  const lowest = tf.scalar(dtype.startsWith('u') ? 0 : -width / 2, 'int32');
  return tf.add(tf.mod(tf.sub(tensor, lowest), tf.scalar(width, 'int32')), lowest);
}
