import type { Value } from '../value.ts';
import type { Binary, Unary } from './shared.ts';

/** A function of one number with parameters. */
type Parametric<A> = { readonly inputs: readonly [x: Value]; readonly attributes: A };
type Slope = Parametric<{ readonly alpha: number }>;

export interface ActivationSignatures {
  readonly Celu: Slope;
  readonly Elu: Slope;
  readonly Gelu: Parametric<{ readonly approximate: string }>;
  readonly HardSigmoid: Parametric<{ readonly alpha: number; readonly beta: number }>;
  readonly HardSwish: Unary;
  readonly LeakyRelu: Slope;
  readonly Mish: Unary;
  /** The slope repeats to the shape of the input. */
  readonly PRelu: Binary;
  readonly Relu: Unary;
  readonly Selu: Parametric<{ readonly alpha: number; readonly gamma: number }>;
  readonly Shrink: Parametric<{ readonly bias: number; readonly lambd: number }>;
  readonly Sigmoid: Unary;
  readonly Softplus: Unary;
  readonly Softsign: Unary;
  readonly ThresholdedRelu: Slope;
}
