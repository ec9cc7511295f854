import type { Value } from '../value.ts';
import type { None, Unary } from './shared.ts';

export interface MovementSignatures {
  readonly Concat: { readonly inputs: readonly Value[]; readonly attributes: { readonly axis: number } };
  readonly Expand: { readonly inputs: readonly [x: Value, shape: Value]; readonly attributes: None };
  readonly Pad: {
    readonly inputs: readonly [x: Value, pads: Value, value: Value | null, axes: Value | null];
    readonly attributes: { readonly mode: string };
  };
  readonly Reshape: {
    readonly inputs: readonly [x: Value, shape: Value];
    readonly attributes: { readonly allowzero: number };
  };
  readonly Shape: Unary;
  readonly Slice: {
    readonly inputs: readonly [x: Value, starts: Value, ends: Value, axes: Value | null, steps: Value | null];
    readonly attributes: None;
  };
  readonly Squeeze: { readonly inputs: readonly [x: Value, axes: Value]; readonly attributes: None };
  readonly Transpose: {
    readonly inputs: readonly [x: Value];
    readonly attributes: { readonly perm: readonly number[] };
  };
  readonly Unsqueeze: { readonly inputs: readonly [x: Value, axes: Value]; readonly attributes: None };
}
