import type { Value } from '../value.ts';
import type { None } from './shared.ts';

/** A scale is a scalar, or one for each index of `axis`, or one for each block of `block_size` along it. */
export interface QuantizationSignatures {
  readonly DequantizeLinear: {
    readonly inputs: readonly [x: Value, scale: Value, zeroPoint: Value | null];
    readonly attributes: { readonly axis: number; readonly block_size: number };
  };
  readonly MatMulInteger: {
    readonly inputs: readonly [a: Value, b: Value, aZeroPoint: Value | null, bZeroPoint: Value | null];
    readonly attributes: None;
  };
  readonly QuantizeLinear: {
    readonly inputs: readonly [x: Value, scale: Value, zeroPoint: Value | null];
    readonly attributes: {
      readonly axis: number;
      readonly block_size: number;
      /** The element type of the output as ONNX numbers it; 0: that of the zero point, else uint8. */
      readonly output_dtype: number;
      readonly saturate: number;
    };
  };
}
