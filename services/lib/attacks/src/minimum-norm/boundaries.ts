import {
  abs,
  add,
  div,
  equal,
  fixedDim,
  GraphError,
  gather,
  less,
  mod,
  mul,
  scalarConstant,
  type Value,
  where,
} from '@parallax/graph';
import type { Beginning, Observation } from '../attack.ts';
import type { Norm } from '../norms/norm.ts';
import { asVector, besideImages, everySample } from '../norms/per-sample.ts';
import { type Linearisation, valueAt } from './hyperplane.ts';

/**
 * What is known of the boundaries to several classes, linearised at one image: there is one look toward each class, one after
 * the other, and the nearest boundary so far is kept.
 */
export type Boundaries = {
  /** The classes, int64 [N,T]. */
  readonly rivals: Value;
  /** The class that the next look is aimed at, int64 [N]. */
  readonly rival: Value;
  /** How far the nearest boundary is, [N]. */
  readonly away: Value;
  /** The objective toward its class where it was looked at, [N]. */
  readonly value: Value;
  /** The gradient of that, [N,C,H,W]. */
  readonly gradient: Value;
};

/** Beyond every distance, and finite. */
const unknown = 3e38;

/** Keeps distances finite where the gradient is 0. */
const tiny = 1e-12;

/** @throws GraphError for an attack that chooses no targets. */
export function startBoundaries(clean: Value, { rivals }: Beginning): Boundaries {
  if (rivals === undefined) throw new GraphError('attack', 'rivals: expected classes to aim at, got none');
  return {
    rivals,
    rival: gather(rivals, scalarConstant(0, 'int64'), 1),
    away: noneKnown(clean),
    value: everySample(0, clean),
    gradient: mul(clean, 0),
  };
}

/** `away` when the image has changed. */
export function noneKnown(images: Value): Value {
  return everySample(unknown, images);
}

/** With what was seen at `images` in this step; distances are those from `from`. Looks go on with the next class. */
export function seeBoundary(
  known: Boundaries,
  { loss, gradient }: Observation,
  { images, from, step }: { readonly images: Value; readonly from: Value; readonly step: Value },
  norm: Norm,
): Boundaries {
  const here = asVector(valueAt(from, { at: images, value: loss, gradient }));
  const away = div(abs(here), add(asVector(norm.dual(gradient)), tiny));
  const isNearer = less(away, known.away);
  return {
    rivals: known.rivals,
    rival: gather(known.rivals, mod(add(step, 1), countOf(known)), 1),
    away: where(isNearer, away, known.away),
    value: where(isNearer, loss, known.value),
    gradient: where(besideImages(isNearer), gradient, known.gradient),
  };
}

/** Whether all classes have been looked at since the last move: → bool []. */
export function isRound(known: Boundaries, step: Value): Value {
  const count = countOf(known);
  return equal(mod(step, count), count - 1);
}

/** The nearest boundary, which was looked at from `images`. */
export function nearestBoundary({ value, gradient }: Boundaries, images: Value): Linearisation {
  return { at: images, value, gradient };
}

function countOf({ rivals }: Boundaries): number {
  return fixedDim(rivals.shape, 1);
}
