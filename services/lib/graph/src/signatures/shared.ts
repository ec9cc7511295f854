import type { Value } from '../value.ts';

/** What an operator takes: its inputs in ONNX order (`null`: left out) and its attributes. */
export interface Signature {
  readonly inputs: readonly (Value | null)[];
  readonly attributes: object;
}

export type None = Record<never, never>;
export type Unary = { readonly inputs: readonly [x: Value]; readonly attributes: None };
export type Binary = { readonly inputs: readonly [a: Value, b: Value]; readonly attributes: None };
export type Reduction = {
  readonly inputs: readonly [x: Value, axes: Value | null];
  readonly attributes: { readonly keepdims: number; readonly noop_with_empty_axes: number };
};
export type ArgReduction = {
  readonly inputs: readonly [x: Value];
  readonly attributes: { readonly axis: number; readonly keepdims: number; readonly select_last_index: number };
};
export type Softmax = { readonly inputs: readonly [x: Value]; readonly attributes: { readonly axis: number } };

/** The window of a convolution or a pooling. Lists have one entry per spatial axis (`pads`: all begins, then all ends). */
export interface Window {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}
