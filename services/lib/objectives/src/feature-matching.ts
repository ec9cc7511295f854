import { div, neg, reshape, sub } from '@parallax/graph';
import { repeatDraw } from './draws.ts';
import { anchorOf } from './embedding.ts';
import type { Direction, Objective } from './objective.ts';
import { lengths } from './vectors.ts';

export interface FeatureMatchingSettings {
  /** Divide by ‖f(x)‖₂, so that values of different encoders compare. Default false. */
  readonly relative?: boolean;
}

/**
 * ‖f(x') − f(x)‖₂; toward a reference r the attacker increases −‖f(x') − f(r)‖₂, which is feature inversion.
 * Both passes see the same noise. The gradient vanishes at x' = x: start from somewhere else.
 */
export function featureMatching(direction: Direction, { relative = false }: FeatureMatchingSettings = {}): Objective {
  return {
    name: 'featureMatching',
    paper: 'Ilyas et al. 2019, arXiv:1905.02175',
    direction,
    needs: direction === 'toward' ? ['reference'] : [],
    loss: (images, context) => {
      const draws = repeatDraw(context.draw);
      const features = context.encoder.encode(images, draws());
      const wanted = context.encoder.encode(anchorOf(context, direction), draws());
      const distance = lengths(sub(features, wanted));
      const loss = reshape(relative ? div(distance, lengths(wanted)) : distance, [-1]);
      return { loss: direction === 'away' ? loss : neg(loss) };
    },
  };
}
