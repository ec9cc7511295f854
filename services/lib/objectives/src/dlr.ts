import { add, div, fixedDim, mul, sub, topK, type Value } from '@parallax/graph';
import { largestOther, logitsOf, pick, ranked } from './logits.ts';
import { marginOf } from './margin.ts';
import type { Direction, Objective, ObjectiveContext } from './objective.ts';
import { requireGiven } from './require.ts';

/** Logits it takes to compare with the third largest, and toward a target with the third and the fourth. */
const classesNeeded: { readonly [D in Direction]: number } = { away: 3, toward: 4 };

/** Keeps the quotient finite when the largest logits are equal, as in the authors' implementation. */
const tiny = 1e-12;

/**
 * Difference of logits ratio −(z_y − max_{j≠y} z_j) / (z_(1) − z_(3)); toward a target t
 * −(z_y − z_t) / (z_(1) − (z_(3) + z_(4))/2). It does not change when logits are shifted or scaled.
 *
 * With too few classes for it the margin takes its place, and the evaluation says so.
 */
export function dlr(direction: Direction): Objective {
  const name = 'dlr';
  return {
    name,
    paper: 'Croce & Hein 2020, arXiv:2003.01690',
    direction,
    needs: ['classify', 'labels', ...(direction === 'toward' ? (['targets'] as const) : [])],
    loss: (images, context) => {
      const logits = logitsOf(images, context, name);
      const classes = fixedDim(logits.shape, 1);
      const needed = classesNeeded[direction];
      if (classes >= needed) return { loss: ratioOf(logits, direction, context), logits };
      const note = `dlr needs ${needed} classes and the head has ${classes}: margin was used`;
      return { loss: marginOf(logits, direction, context), logits, note };
    },
  };
}

function ratioOf(logits: Value, direction: Direction, context: ObjectiveContext): Value {
  const labels = requireGiven(context, 'labels');
  const { values } = topK(logits, classesNeeded[direction], 1);
  if (direction === 'away') {
    const lead = sub(largestOther(logits, labels), pick(logits, labels));
    return div(lead, add(sub(ranked(values, 1), ranked(values, 3)), tiny));
  }
  const lead = sub(pick(logits, requireGiven(context, 'targets')), pick(logits, labels));
  const runnersUp = mul(add(ranked(values, 3), ranked(values, 4)), 0.5);
  return div(lead, add(sub(ranked(values, 1), runnersUp), tiny));
}
