import type { Value } from '@parallax/graph';
import type { Draw } from './draws.ts';
import type { Direction, ObjectiveContext } from './objective.ts';
import { requireGiven, requirePart } from './require.ts';

/** Images → vectors of the space that is compared in: projections [N,P] or features [N,D]. */
export function embedderOf(
  { encoder }: ObjectiveContext,
  useProjector: boolean,
  objective: string,
): (images: Value, draw: Draw) => Value {
  if (!useProjector) return encoder.encode;
  const project = requirePart(encoder, 'project', objective);
  return (images, draw) => project(encoder.encode(images, draw));
}

/** What a perturbed image is compared with: its own clean image, or the reference it is pushed toward. */
export function anchorOf(context: ObjectiveContext, direction: Direction): Value {
  return direction === 'away' ? context.clean : requireGiven(context, 'reference');
}
