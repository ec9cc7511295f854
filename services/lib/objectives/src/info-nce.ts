import { InputError } from '@parallax/config';
import {
  add,
  div,
  greater,
  logSoftmax,
  matMul,
  mul,
  neg,
  reduceMax,
  softplus,
  sub,
  transpose,
  type Value,
  where,
} from '@parallax/graph';
import { type Draw, scopeDraw } from './draws.ts';
import { anchorOf, embedderOf } from './embedding.ts';
import type { Direction, Objective, ObjectiveContext } from './objective.ts';
import { requireGiven } from './require.ts';
import { normalized, rowProducts } from './vectors.ts';

export interface InfoNceSettings {
  /** Compare projections instead of features. Default false. */
  readonly useProjector?: boolean;
  /** Apply the differentiable augmentation of the encoder to every view. Default false. */
  readonly augment?: boolean;
  /** τ > 0. Default 0.5. */
  readonly temperature?: number;
  /**
   * The positive pair: two augmented views of the perturbed image, as in SimCLR, or the clean image and the perturbed one.
   * Without augmentation two views are identical, and only the negatives yield a gradient. Default `twoViews`.
   */
  readonly positive?: 'twoViews' | 'natural';
}

const defaultTemperature = 0.5;

/** Takes a similarity out of a softmax: e^(this) is 0. */
const excluded = -1e9;

/**
 * InfoNCE (NT-Xent) of one sample: −log( e^(a·p/τ) / (e^(a·p/τ) + Σ_j e^(a·n_j/τ)) ) for unit vectors, averaged over both
 * members of the positive pair as anchor. Toward a reference the pair is (reference, x') and the attacker increases minus
 * the loss.
 *
 * In training the negatives are the rest of the batch. Here they are `negatives` of the context, images that are the same
 * for a whole request: the loss of a sample then depends on what was asked and not on how the work was cut into batches,
 * and its gradient does not run through other samples.
 */
export function infoNce(
  direction: Direction,
  { useProjector = false, augment = false, temperature = defaultTemperature, positive }: InfoNceSettings = {},
): Objective {
  const name = 'infoNce';
  if (!(temperature > 0)) {
    throw new InputError([{ field: 'temperature', expected: 'a number > 0', got: String(temperature) }]);
  }
  if (direction === 'toward' && positive === 'twoViews') {
    throw new InputError([{ field: 'positive', expected: 'natural when pushing toward a reference', got: 'twoViews' }]);
  }
  const pairWithAnchor = direction === 'toward' || positive === 'natural';
  return {
    name,
    paper: 'Chen et al. 2020, arXiv:2002.05709',
    direction,
    needs: [
      'negatives',
      ...(useProjector ? (['project'] as const) : []),
      ...(augment ? (['augment'] as const) : []),
      ...(direction === 'toward' ? (['reference'] as const) : []),
    ],
    loss: (images, context) => {
      const view = viewsOf(context, useProjector, augment);
      const { images: others, mask, draw } = requireGiven(context, 'negatives');
      const perturbed = view(images, scopeDraw(context.draw, 'view1'));
      const partner = view(pairWithAnchor ? anchorOf(context, direction) : images, scopeDraw(context.draw, 'view2'));
      const rest = { vectors: view(others, scopeDraw(draw, 'negatives')), mask, temperature };
      const loss = mul(add(contrast(perturbed, partner, rest), contrast(partner, perturbed, rest)), 0.5);
      return { loss: direction === 'away' ? loss : neg(loss) };
    },
  };
}

interface Rest {
  /** [M,D] */
  readonly vectors: Value;
  /** [N,M] */
  readonly mask: Value;
  readonly temperature: number;
}

/** The loss of anchors [N,D] with their partners [N,D] among the rest → [N]: log(1 + Σ_j e^(n_j/τ) / e^(p/τ)). */
function contrast(anchors: Value, partners: Value, { vectors, mask, temperature }: Rest): Value {
  const near = div(rowProducts(anchors, partners), temperature);
  const far = div(matMul(anchors, transpose(vectors, [1, 0])), temperature);
  return softplus(sub(logSumExp(where(greater(mask, 0), far, excluded)), near));
}

/** log Σ_j e^(x_j) of rows [N,M] → [N]: log softmax(x)_j = x_j − log Σ e^x for every j, so also for the largest. */
function logSumExp(rows: Value): Value {
  return sub(reduceMax(rows, [1], false), reduceMax(logSoftmax(rows, 1), [1], false));
}

/** Images → unit vectors of one view of them. */
function viewsOf(
  context: ObjectiveContext,
  useProjector: boolean,
  augmented: boolean,
): (images: Value, draw: Draw) => Value {
  const embed = embedderOf(context, useProjector, 'infoNce');
  const augment = augmented ? requireGiven(context, 'augment') : (images: Value) => images;
  return (images, draw) => normalized(embed(augment(images, draw), draw));
}
