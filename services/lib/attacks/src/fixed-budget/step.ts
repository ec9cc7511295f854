import { add, clip, sub, type Value } from '@parallax/graph';
import type { Ball } from '../budget.ts';

/** The image of the box [0,1] nearest to the projection of `images` into the ball around `clean`. */
export function projected(images: Value, clean: Value, { norm, radius }: Ball): Value {
  return clip(add(clean, norm.project(sub(images, clean), radius)), 0, 1);
}
