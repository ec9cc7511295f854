import { maximum, sub, type Value } from '@parallax/graph';
import type { Norm } from '../norms/norm.ts';

/** How far from each clean image the farthest corner of the box is: → [N,1,1,1]. */
export function farthest(clean: Value, norm: Norm): Value {
  return norm.measure(maximum(clean, sub(1, clean)));
}
