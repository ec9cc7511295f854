import { Violations } from '@parallax/config';
import type { ImageDims, Norm, NormName } from './norms/norm.ts';
import { norms } from './norms/registry.ts';
import { parseQuantity } from './quantity.ts';

/** The perturbations an attack may use: norm(x' − x) ≤ epsilon and x' in [0,1]. */
export interface Budget {
  readonly norm: NormName;
  /** Radius, in units of pixels in [0,1]. */
  readonly epsilon: number;
}

/** The ball an attack works in, with the radius that float32 arithmetic cannot carry it out of. */
export interface Ball {
  readonly norm: Norm;
  readonly epsilon: number;
  /** Slightly less than epsilon; see {@link Norm.rounding}. */
  readonly radius: number;
  readonly dims: ImageDims;
}

/**
 * Reads a budget for images of a given shape; epsilon may be a text such as `8/255`, which is read exactly.
 * @throws InputError for an unknown norm, and for an epsilon that is not a number, not above 0, so small that float32
 *   pixels cannot follow it, or larger than the distance of black and white.
 */
export function parseBudget(
  given: { readonly norm: string; readonly epsilon: number | string },
  dims: ImageDims,
  field = 'budget',
): Budget {
  const violations = new Violations();
  const names = Object.keys(norms);
  if (!violations.expect(isNormName(given.norm), `${field}.norm`, `one of ${names.join(', ')}`, given.norm)) {
    violations.throwIfAny();
  }
  const norm = given.norm as NormName;
  const epsilon = parseQuantity(given.epsilon) ?? Number.NaN;
  const most = norms[norm].diameter(dims);
  violations.expect(
    epsilon > 0 && epsilon <= most,
    `${field}.epsilon`,
    `a number above 0 and at most ${Number(most.toPrecision(6))} in ${norm}`,
    given.epsilon,
  );
  violations.throwIfAny();
  createBall({ norm, epsilon }, dims, field);
  return { norm, epsilon };
}

/** @throws InputError for an epsilon that float32 pixels cannot follow. */
export function createBall({ norm: name, epsilon }: Budget, dims: ImageDims, field = 'budget'): Ball {
  const norm = norms[name];
  const rounding = norm.rounding(dims, epsilon);
  const violations = new Violations();
  violations.expect(
    epsilon > 2 * rounding,
    `${field}.epsilon`,
    `more than ${(2 * rounding).toPrecision(2)}, the resolution of float32 pixels`,
    epsilon,
  );
  violations.throwIfAny();
  return { norm, epsilon, radius: epsilon - rounding, dims };
}

function isNormName(name: string): name is NormName {
  return Object.hasOwn(norms, name);
}
