import type { Value } from '../value.ts';
import type { ArgReduction, Binary, None, Unary } from './shared.ts';

export interface SelectionSignatures {
  readonly And: Binary;
  readonly BitShift: {
    readonly inputs: readonly [a: Value, b: Value];
    readonly attributes: { readonly direction: string };
  };
  readonly BitwiseAnd: Binary;
  readonly BitwiseNot: Unary;
  readonly BitwiseOr: Binary;
  readonly BitwiseXor: Binary;
  readonly Equal: Binary;
  readonly Greater: Binary;
  readonly GreaterOrEqual: Binary;
  readonly IsInf: {
    readonly inputs: readonly [x: Value];
    readonly attributes: { readonly detect_negative: number; readonly detect_positive: number };
  };
  readonly IsNaN: Unary;
  readonly Less: Binary;
  readonly LessOrEqual: Binary;
  readonly Not: Unary;
  readonly Or: Binary;
  readonly Xor: Binary;
  readonly Where: { readonly inputs: readonly [condition: Value, x: Value, y: Value]; readonly attributes: None };
  readonly ArgMax: ArgReduction;
  readonly ArgMin: ArgReduction;
  readonly TopK: {
    readonly inputs: readonly [x: Value, k: Value];
    readonly attributes: { readonly axis: number; readonly largest: number; readonly sorted: number };
  };
  readonly OneHot: {
    readonly inputs: readonly [indices: Value, depth: Value, values: Value];
    readonly attributes: { readonly axis: number };
  };
  readonly Gather: {
    readonly inputs: readonly [data: Value, indices: Value];
    readonly attributes: { readonly axis: number };
  };
  readonly GatherElements: {
    readonly inputs: readonly [data: Value, indices: Value];
    readonly attributes: { readonly axis: number };
  };
  readonly ScatterElements: {
    readonly inputs: readonly [data: Value, indices: Value, updates: Value];
    readonly attributes: { readonly axis: number; readonly reduction: string };
  };
}
