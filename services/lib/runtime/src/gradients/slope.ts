import { concat, differentiate, reshape, type Value } from '@parallax/graph';
import type { Traced } from './check-gradient.ts';
import type { GradientCase } from './gradient-case.ts';

/** The gradients of ½‖f‖² with respect to all inputs, as one vector. */
export function slope(traced: Traced): Traced {
  return (...inputs: Value[]) => {
    const output = traced(...inputs);
    return concat(
      differentiate(output, inputs, output).map((gradient) => reshape(gradient, [-1])),
      0,
    );
  };
}

/** A case whose gradient of the gradient is checked, as a case of its slope. */
export function twice(each: GradientCase): GradientCase {
  return { ...each, name: `${each.name}, twice`, traced: slope(each.traced) };
}
