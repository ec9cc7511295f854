import type { Value } from '../value.ts';
import type { Binary, None, Unary } from './shared.ts';

export interface ElementwiseSignatures {
  readonly Abs: Unary;
  readonly Ceil: Unary;
  readonly Cos: Unary;
  readonly Erf: Unary;
  readonly Exp: Unary;
  readonly Floor: Unary;
  readonly Gelu: { readonly inputs: readonly [x: Value]; readonly attributes: { readonly approximate: string } };
  readonly HardSigmoid: {
    readonly inputs: readonly [x: Value];
    readonly attributes: { readonly alpha: number; readonly beta: number };
  };
  readonly Identity: Unary;
  readonly Log: Unary;
  readonly Neg: Unary;
  readonly Reciprocal: Unary;
  readonly Relu: Unary;
  readonly Round: Unary;
  readonly Sigmoid: Unary;
  readonly Sign: Unary;
  readonly Sin: Unary;
  readonly Softplus: Unary;
  readonly Sqrt: Unary;
  readonly Tanh: Unary;
  readonly Add: Binary;
  readonly Div: Binary;
  readonly Max: Binary;
  readonly Min: Binary;
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
