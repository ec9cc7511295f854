import { logSoftmax, neg } from '@parallax/graph';
import { logitsOf, pick } from './logits.ts';
import type { Direction, Objective } from './objective.ts';
import { requireGiven } from './require.ts';

/** −log softmax(z)_y; toward a target t the attacker increases log softmax(z)_t. */
export function crossEntropy(direction: Direction): Objective {
  const name = 'crossEntropy';
  return {
    name,
    paper: 'Goodfellow et al. 2015, arXiv:1412.6572',
    direction,
    needs: ['classify', direction === 'away' ? 'labels' : 'targets'],
    loss: (images, context) => {
      const logits = logitsOf(images, context, name);
      const logProbabilities = logSoftmax(logits, 1);
      const loss =
        direction === 'away'
          ? neg(pick(logProbabilities, requireGiven(context, 'labels')))
          : pick(logProbabilities, requireGiven(context, 'targets'));
      return { loss, logits };
    },
  };
}
