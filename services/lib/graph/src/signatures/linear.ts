import type { Value } from '../value.ts';
import type { Binary, Window } from './shared.ts';

export interface LinearSignatures {
  readonly Conv: {
    readonly inputs: readonly [x: Value, weight: Value, bias: Value | null];
    readonly attributes: Window & { readonly group: number };
  };
  readonly ConvTranspose: {
    readonly inputs: readonly [x: Value, weight: Value, bias: Value | null];
    readonly attributes: Window & { readonly group: number; readonly output_padding: readonly number[] };
  };
  readonly Gemm: {
    readonly inputs: readonly [a: Value, b: Value, c: Value | null];
    readonly attributes: {
      readonly alpha: number;
      readonly beta: number;
      readonly transA: number;
      readonly transB: number;
    };
  };
  readonly MatMul: Binary;
}
