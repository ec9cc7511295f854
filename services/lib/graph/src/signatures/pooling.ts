import type { Value } from '../value.ts';
import type { Unary, Window } from './shared.ts';

export interface PoolingSignatures {
  readonly AveragePool: {
    readonly inputs: readonly [x: Value];
    readonly attributes: Window & { readonly ceil_mode: number; readonly count_include_pad: number };
  };
  readonly GlobalAveragePool: Unary;
  readonly MaxPool: {
    readonly inputs: readonly [x: Value];
    /** Windows are rounded down; where they are to be rounded up, their end pads say so. */
    readonly attributes: Window & { readonly storage_order: number };
  };
}
