import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';
import { floatLike, pointwise } from './shared.ts';

/** A function of one floating-point variable. */
export function smooth(op: string, derivative: (x: Value, y: Value) => Value): Operator<'Exp'> {
  return { attributes: {}, infer: floatLike(op), gradient: pointwise(derivative) };
}

/** Piecewise constant: the gradient is zero wherever it exists, and PyTorch's convention is zero at the jumps too. */
export function step(op: string): Operator<'Floor'> {
  return { attributes: {}, infer: floatLike(op), gradient: () => [null] };
}
