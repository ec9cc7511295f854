import type { Value } from '../value.ts';

export interface NormalizationSignatures {
  readonly BatchNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value, mean: Value, variance: Value];
    readonly attributes: { readonly epsilon: number; readonly momentum: number; readonly training_mode: number };
  };
  readonly LayerNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value | null];
    readonly attributes: { readonly axis: number; readonly epsilon: number };
  };
}
