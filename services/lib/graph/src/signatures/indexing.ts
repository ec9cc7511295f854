import type { Value } from '../value.ts';
import type { None, Unary } from './shared.ts';

/** Operators whose shapes depend on the numbers they are given. */
export interface IndexingSignatures {
  readonly NonZero: Unary;
  readonly Range: { readonly inputs: readonly [start: Value, limit: Value, delta: Value]; readonly attributes: None };
  readonly Unique: {
    readonly inputs: readonly [x: Value];
    /** Without an axis all elements are compared. */
    readonly attributes: { readonly axis: number; readonly sorted: number };
  };
}
