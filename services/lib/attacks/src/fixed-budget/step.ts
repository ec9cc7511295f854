import type { Value } from '@parallax/graph';
import type { Ball } from '../budget.ts';

/** The images in ball and box, as the norm brings them there. */
export function projected(images: Value, clean: Value, { norm, radius }: Ball): Value {
  return norm.contain(images, clean, radius);
}

/** Enough steps of default length to cross the ball even when every other one is lost. */
const defaultReach = 2.5;

/** Length of each of so many steps, unless a request says otherwise: 2.5 · epsilon / steps. */
export function defaultStepSize({ epsilon }: Ball, steps: number): number {
  return (defaultReach * epsilon) / steps;
}
