import type { Attributes, Inputs, OpName, Value, ValueInfo } from '@parallax/graph';
import type * as tf from '@tensorflow/tfjs-core';
import type { Operand } from '../operand.ts';

type Operands<I extends readonly (Value | null)[]> = {
  readonly [K in keyof I]: I[K] extends Value ? Operand : Operand | null;
};

export interface KernelContext<O extends OpName> {
  readonly inputs: Operands<Inputs<O>>;
  readonly attributes: Attributes<O>;
  /** What is known of the outputs before the graph runs. */
  readonly outputs: readonly ValueInfo[];
}

/**
 * Computes the outputs of an operator by forward kernels of tfjs, all of them or the first alone when it has one.
 * Intermediate tensors are freed by the caller, and element types that differ from the graph's only as tfjs differs
 * from ONNX are cast by it. A kernel is never called when all of its outputs are empty.
 */
export type Kernel<O extends OpName> = (context: KernelContext<O>) => tf.Tensor | readonly tf.Tensor[];

/** The kernels of one family, as a part of the table. */
export type Kernels<O extends OpName> = { readonly [K in O]: Kernel<K> };
