import type { Shape, Value } from '@parallax/graph';
import type { Traced } from '../check-gradient.ts';
import { type GradientCase, gradientCase } from '../gradient-case.ts';
import { apart, type Sample, within } from '../samples.ts';

// Cases that many operators share: the shapes they are applied to.

export type CaseOptions = Pick<GradientCase, 'precision' | 'twice'>;
/** The domain of an operand, in any shape. */
export type Domain = (shape: Shape) => Sample;

export const anywhere: Domain = (shape) => within(shape, -2, 2);
export const positive: Domain = (shape) => within(shape, 0.5, 2);
/** The runtime has no float64 kernel. */
export const float32Only: CaseOptions = { precision: 'float32' };
export const float32Twice: CaseOptions = { precision: 'float32', twice: true };

/** A function of one variable: on a matrix, a scalar, nothing, and a batch of unknown length. */
export function unary(
  traced: (x: Value) => Value,
  domain: Domain,
  options: CaseOptions = { twice: true },
): readonly GradientCase[] {
  return [
    gradientCase('matrix', [domain([2, 3])], traced, options),
    gradientCase('scalar', [domain([])], traced, options),
    gradientCase('no elements', [domain([0, 3])], traced, options),
    gradientCase('symbolic batch', [domain(['N', 2])], traced, { ...options, twice: false }),
  ];
}

/** A function of two variables, under every kind of broadcasting. */
export function binary(
  traced: Traced,
  left: Domain,
  right: Domain,
  options: CaseOptions = { twice: true },
): readonly GradientCase[] {
  const shapes: readonly (readonly [name: string, left: Shape, right: Shape])[] = [
    ['equal shapes', [2, 3], [2, 3]],
    ['left is repeated along both axes', [1, 1], [2, 3]],
    ['right is a scalar', [2, 3], []],
    ['left is a row', [3], [2, 3]],
    ['each is repeated along one axis', [2, 1, 3], [4, 1]],
    ['no elements', [0, 3], [1, 3]],
    ['lengths of 1', [1, 1], [1, 1]],
  ];
  return [
    ...shapes.map(([name, a, b]) => gradientCase(name, [left(a), right(b)], traced, options)),
    gradientCase('symbolic batch', [left(['N', 1, 2]), right([3, 1])], traced, { ...options, twice: false }),
    gradientCase('symbolic batch on the right', [left([2]), right(['N', 2])], traced, { ...options, twice: false }),
  ];
}

/** Operands on one grid, shifted by hundredths so that no two entries meet. */
export function onGrid(shift = 0): Domain {
  return (shape) => {
    const { draw } = apart(shape);
    return {
      shape,
      draw: (length, purpose) => Float64Array.from(draw(length, purpose), (value) => value + shift / 100),
    };
  };
}
