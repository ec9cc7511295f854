import { abs, add, div, gather, greater, maximum, minimum, mul, sub, type Value, vector, where } from '@parallax/graph';
import { type Attack, type Binding, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { l2 } from '../norms/l2.ts';
import { asVector, besideImages } from '../norms/per-sample.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import { cosineSchedule } from './cosine.ts';
import { descentLengths, descentOptions } from './descent.ts';
import { farthest } from './farthest.ts';
import { broughtInside, homeAfterLast, isFound, keepNearest, type Nearest, startNearest } from './nearest.ts';

type FmnState = Nearest & {
  /** Looked at next, [N,C,H,W]. */
  readonly images: Value;
  /** What the perturbation was projected to, [N]. */
  readonly radius: Value;
};

const options = {
  ...descentOptions,
  radiusChange: {
    type: 'real',
    unit: 'share of the radius',
    default: 0.05,
    minimum: 0.001,
    maximum: 0.999,
    documentation:
      'By how much the radius first shrinks where the image breaks the sample, and grows where it does not; falls to 0.001 along a cosine.',
  },
} as const satisfies OptionTable;

/** Changes of the radius end at this. */
const lastRadiusChange = 0.001;

/** Keeps the distance to the boundary finite where the gradient vanishes. */
const tiny = 1e-12;

/**
 * A step up the gradient, projected to a radius of each sample's own. Until a sample has been broken its radius reaches just
 * beyond where a linear objective would become 0; from then on it shrinks and grows as the images break the sample or not.
 */
function fmnProcedure({ steps, stepSize, radiusChange }: OptionsOf<typeof options>, ball: Ball): Procedure<FmnState> {
  const { norm } = ball;
  const lengths = vector(descentLengths(stepSize, steps));
  const changes = vector(cosineSchedule(radiusChange, lastRadiusChange, steps));
  return {
    steps,
    wanders: true,
    init: (clean) => ({
      images: clean,
      radius: asVector(farthest(clean, norm)),
      ...startNearest(clean),
    }),
    query: ({ images }) => images,
    update: (state, { loss, gradient }, { clean, step }) => {
      const { images } = state;
      const change = sub(images, clean);
      const distance = asVector(norm.measure(change));
      const broken = greater(loss, 0);
      const known = keepNearest(state, { images, distance, broken });
      const share = gather(changes, step);
      const toBoundary = div(abs(loss), maximum(asVector(norm.dual(gradient)), tiny));
      const shrunk = minimum(mul(state.radius, sub(1, share)), known.distance);
      // Just at the boundary, roundings and the box would keep an image on this side of it, step after step.
      const grown = mul(where(isFound(known), state.radius, add(distance, toBoundary)), add(share, 1));
      const radius = minimum(where(broken, shrunk, grown), asVector(farthest(clean, norm)));
      const stepped = add(images, mul(l2.steepest(gradient), gather(lengths, step)));
      const next = norm.contain(stepped, clean, besideImages(radius));
      return {
        ...known,
        radius,
        images: homeAfterLast(known, next, { clean, step }, { steps, ball }),
      };
    },
    // The last look was inside the ball, unless the last step could not be used.
    result: ({ images }, { loss, clean }) => ({ images: broughtInside(images, clean, ball), loss }),
  };
}

/** Fast minimum norm. */
export const fmn: Attack = defineAttack({
  name: 'fmn',
  title: 'Fast minimum norm',
  summary:
    'Looks for the nearest image that breaks a sample: steps up the gradient of the margin, projected to a radius that estimates the distance of the boundary at first and then closes in on it.',
  paper: 'Pintor et al. 2021, arXiv:2102.12827',
  family: 'minimumNorm',
  norms: ['linf', 'l2', 'l1'],
  options,
  needs: ['loss', 'gradient'],
  objective: { kind: 'margin' },
  objectiveFixed: false,
  objectiveKinds: ['margin'],
  bind: (given, ball): Binding => ({ options: { ...given }, restarts: 1, procedure: fmnProcedure(given, ball) }),
});
