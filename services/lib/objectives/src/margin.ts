import { sub, type Value } from '@parallax/graph';
import { largestOther, logitsOf, pick } from './logits.ts';
import type { Direction, Objective, ObjectiveContext } from './objective.ts';
import { requireGiven } from './require.ts';

/** max_{j≠y} z_j − z_y; toward a target t the attacker increases z_t − max_{j≠t} z_j. Positive when it has succeeded. */
export function margin(direction: Direction): Objective {
  const name = 'margin';
  return {
    name,
    paper: 'Carlini & Wagner 2017, arXiv:1608.04644',
    direction,
    needs: ['classify', direction === 'away' ? 'labels' : 'targets'],
    loss: (images, context) => {
      const logits = logitsOf(images, context, name);
      return { loss: marginOf(logits, direction, context), logits };
    },
  };
}

/** The margin of logits [N,K] → [N]. */
export function marginOf(logits: Value, direction: Direction, context: ObjectiveContext): Value {
  if (direction === 'away') {
    const labels = requireGiven(context, 'labels');
    return sub(largestOther(logits, labels), pick(logits, labels));
  }
  const targets = requireGiven(context, 'targets');
  return sub(pick(logits, targets), largestOther(logits, targets));
}
