import { sub } from '@parallax/graph';
import { logitsOf, pick } from './logits.ts';
import { marginOf } from './margin.ts';
import type { Direction, Objective } from './objective.ts';
import { requireGiven } from './require.ts';

/**
 * z_t − z_y toward a target t: how far the decision between label and target has moved, whatever the other classes say.
 * Away from the label it is the margin, whose target is the highest other class. Positive on the target's side.
 */
export function logitDifference(direction: Direction): Objective {
  const name = 'logitDifference';
  return {
    name,
    paper: 'Croce & Hein 2020, arXiv:1907.02044',
    direction,
    needs: ['classify', 'labels', ...(direction === 'toward' ? (['targets'] as const) : [])],
    loss: (images, context) => {
      const logits = logitsOf(images, context, name);
      if (direction === 'away') return { loss: marginOf(logits, direction, context), logits };
      const target = pick(logits, requireGiven(context, 'targets'));
      return { loss: sub(target, pick(logits, requireGiven(context, 'labels'))), logits };
    },
  };
}
