import type { Value } from '../value.ts';

export interface NormalizationSignatures {
  readonly BatchNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value, mean: Value, variance: Value];
    readonly attributes: { readonly epsilon: number; readonly momentum: number; readonly training_mode: number };
  };
  readonly InstanceNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value];
    readonly attributes: { readonly epsilon: number };
  };
  readonly LayerNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value | null];
    readonly attributes: { readonly axis: number; readonly epsilon: number; readonly stash_type: number };
  };
  readonly LpNormalization: {
    readonly inputs: readonly [x: Value];
    readonly attributes: { readonly axis: number; readonly p: number };
  };
  readonly LRN: {
    readonly inputs: readonly [x: Value];
    readonly attributes: {
      readonly alpha: number;
      readonly beta: number;
      readonly bias: number;
      readonly size: number;
    };
  };
}
