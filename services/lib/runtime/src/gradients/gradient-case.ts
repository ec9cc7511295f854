import type { OpName } from '@parallax/graph';
import type { Traced } from './check-gradient.ts';
import type { Precision, Sample } from './samples.ts';

/** One use of an operator whose gradient is checked. All inputs are differentiated. */
export interface GradientCase {
  /** What is special about it: shapes, attributes, domain. */
  readonly name: string;
  readonly inputs: readonly Sample[];
  readonly traced: Traced;
  /** float32 where the runtime has no float64 kernel for the operator. */
  readonly precision?: Precision;
  /** Whether the gradient of the gradient is checked too. */
  readonly twice?: boolean;
}

/**
 * How the gradient of an operator is checked: by cases; or it has none ("not differentiable": asking for it is an
 * error that names the operator); or it is zero wherever it exists, so that no gradient flows back.
 */
export type GradientExpectation = readonly GradientCase[] | 'not differentiable' | 'piecewise constant';

export type GradientTable = { readonly [O in OpName]: GradientExpectation };

export function gradientCase(
  name: string,
  inputs: readonly Sample[],
  traced: Traced,
  options: Pick<GradientCase, 'precision' | 'twice'> = {},
): GradientCase {
  return { name, inputs, traced, ...options };
}
