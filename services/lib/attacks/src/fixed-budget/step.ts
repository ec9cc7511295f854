import type { Value } from '@parallax/graph';
import type { Ball } from '../budget.ts';

/** The images in ball and box, as the norm brings them there. */
export function projected(images: Value, clean: Value, { norm, radius }: Ball): Value {
  return norm.contain(images, clean, radius);
}
