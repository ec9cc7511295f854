import type { Value } from '../value.ts';
import type { Binary, None, Unary } from './shared.ts';

/** Functions of one number, besides activations. */
export interface ElementwiseSignatures {
  readonly Abs: Unary;
  readonly Acos: Unary;
  readonly Acosh: Unary;
  readonly Asin: Unary;
  readonly Asinh: Unary;
  readonly Atan: Unary;
  readonly Atanh: Unary;
  readonly Ceil: Unary;
  readonly Cos: Unary;
  readonly Cosh: Unary;
  readonly Erf: Unary;
  readonly Exp: Unary;
  readonly Floor: Unary;
  readonly Identity: Unary;
  readonly Log: Unary;
  readonly Neg: Unary;
  readonly Reciprocal: Unary;
  readonly Round: Unary;
  readonly Sign: Unary;
  readonly Sin: Unary;
  readonly Sinh: Unary;
  readonly Sqrt: Unary;
  readonly Tan: Unary;
  readonly Tanh: Unary;
  readonly Add: Binary;
  readonly Div: Binary;
  readonly Max: { readonly inputs: readonly Value[]; readonly attributes: None };
  readonly Min: { readonly inputs: readonly Value[]; readonly attributes: None };
  readonly Mod: { readonly inputs: readonly [a: Value, b: Value]; readonly attributes: { readonly fmod: number } };
  readonly Mul: Binary;
  readonly Pow: Binary;
  readonly Sub: Binary;
  readonly Clip: {
    readonly inputs: readonly [x: Value, min: Value | null, max: Value | null];
    readonly attributes: None;
  };
  readonly Cast: { readonly inputs: readonly [x: Value]; readonly attributes: { readonly to: number } };
}
