import { and, less, lessOrEqual, sub, type Value, where } from '@parallax/graph';
import type { Moment } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { projected } from '../fixed-budget/step.ts';
import { isLast } from '../last-step.ts';
import { besideImages, everySample } from '../norms/per-sample.ts';
import { anyOf, onlyWhen } from '../only-when.ts';

/** The nearest image so far that breaks a sample. */
export type Nearest = {
  /** [N,C,H,W]; the clean image until there is one. */
  readonly nearest: Value;
  /** From the clean image, [N]; {@link unknown} until there is one. */
  readonly distance: Value;
};

/** Beyond every distance, and finite. */
const unknown = 3e38;

export function startNearest(clean: Value): Nearest {
  return { nearest: clean, distance: everySample(unknown, clean) };
}

/** Keeps images that are `broken`, bool [N], where they are nearer than what is known. */
export function keepNearest(
  known: Nearest,
  seen: { readonly images: Value; readonly distance: Value; readonly broken: Value },
): Nearest {
  const better = and(seen.broken, less(seen.distance, known.distance));
  return {
    nearest: where(besideImages(better), seen.images, known.nearest),
    distance: where(better, seen.distance, known.distance),
  };
}

/** Whether any image is known that breaks a sample: → bool [N]. */
export function isFound({ distance }: Nearest): Value {
  return less(distance, unknown);
}

/**
 * What an attack that wanders looks at last and returns: the nearest image that breaks a sample, else where it has come to,
 * brought inside.
 */
export function homecoming(known: Nearest, images: Value, clean: Value, ball: Ball): Value {
  return broughtInside(where(besideImages(isFound(known)), known.nearest, images), clean, ball);
}

/** The images to be looked at next: as they are, or home after the last of so many steps. */
export function homeAfterLast(
  known: Nearest,
  images: Value,
  { clean, step }: Pick<Moment, 'clean' | 'step'>,
  { steps, ball }: { readonly steps: number; readonly ball: Ball },
): Value {
  return onlyWhen(isLast(step, steps), journeyOf(known, images, clean), (before) => ({
    images: homecoming(before, before.images, before.clean, ball),
  })).images;
}

/** The same, home for the samples for which a condition, bool [N], holds. */
export function homeWhere(condition: Value, known: Nearest, images: Value, clean: Value, ball: Ball): Value {
  return onlyWhen(anyOf(condition), journeyOf(known, images, clean), (before) => ({
    images: where(besideImages(condition), homecoming(before, before.images, before.clean, ball), before.images),
  })).images;
}

function journeyOf({ nearest, distance }: Nearest, images: Value, clean: Value) {
  return { nearest, distance, images, clean };
}

/** Images inside the ball as they are, the others projected into ball and box. */
export function broughtInside(images: Value, clean: Value, ball: Ball): Value {
  const distance = ball.norm.measure(sub(images, clean));
  return where(lessOrEqual(distance, ball.epsilon), images, projected(images, clean, ball));
}
