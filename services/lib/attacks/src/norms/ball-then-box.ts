import { add, clip, sub } from '@parallax/graph';
import type { Norm } from './norm.ts';

/** Projects into the ball around the clean image first, and then into the box, which never leads out of the ball. */
export function ballThenBox(project: Norm['project']): Norm['contain'] {
  return (images, clean, radius) => clip(add(clean, project(sub(images, clean), radius)), 0, 1);
}
