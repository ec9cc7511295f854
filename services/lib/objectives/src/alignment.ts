import { neg } from '@parallax/graph';
import { repeatDraw } from './draws.ts';
import { anchorOf, embedderOf } from './embedding.ts';
import type { Direction, Objective } from './objective.ts';
import { normalized, rowProducts } from './vectors.ts';

export interface AlignmentSettings {
  /** Compare projections instead of features. Default false. */
  readonly useProjector?: boolean;
}

/**
 * −cos(f(x), f(x')), the limit of InfoNCE without negatives; toward a reference r the attacker increases cos(f(r), f(x')).
 * Both passes see the same noise. The gradient vanishes at x' = x: start from somewhere else.
 */
export function alignment(direction: Direction, { useProjector = false }: AlignmentSettings = {}): Objective {
  const name = 'alignment';
  return {
    name,
    paper: 'Li et al. 2023, arXiv:2310.18936, Eq. 15-16',
    direction,
    needs: [
      ...(useProjector ? (['project'] as const) : []),
      ...(direction === 'toward' ? (['reference'] as const) : []),
    ],
    loss: (images, context) => {
      const embed = embedderOf(context, useProjector, name);
      const draws = repeatDraw(context.draw);
      const perturbed = normalized(embed(images, draws()));
      const cosine = rowProducts(perturbed, normalized(embed(anchorOf(context, direction), draws())));
      return { loss: direction === 'away' ? neg(cosine) : cosine };
    },
  };
}
