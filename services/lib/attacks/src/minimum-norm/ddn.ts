import { add, clip, div, gather, maximum, minimum, mul, sub, type Value, vector, where } from '@parallax/graph';
import { type Attack, type Binding, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { asVector, besideImages, everySample } from '../norms/per-sample.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import { descentLengths, descentOptions } from './descent.ts';
import { farthest } from './farthest.ts';
import { broughtInside, homeAfterLast, keepNearest, type Nearest, startNearest } from './nearest.ts';

type DdnState = Nearest & {
  /** Looked at next, [N,C,H,W]. */
  readonly images: Value;
  /** Length of the perturbation looked at next, before it is cut to the box, [N]. */
  readonly radius: Value;
};

const options = {
  ...descentOptions,
  initialRadius: {
    type: 'real',
    unit: 'pixels in [0,1], L2',
    default: 1,
    minimum: 1e-6,
    documentation: 'Length of the perturbation at the first step.',
  },
  radiusChange: {
    type: 'real',
    unit: 'share of the radius',
    default: 0.05,
    minimum: 1e-6,
    maximum: 0.999,
    documentation: 'By how much the radius shrinks where the image breaks the sample, and grows where it does not.',
  },
} as const satisfies OptionTable;

/** Keeps quotients finite where nothing has changed yet. */
const tiny = 1e-12;

/**
 * A step along the normalised gradient gives a direction; how far to go along it is decided apart from it, by whether the
 * image before has broken the sample. The direction starts anew from the image looked at, cut to the box, as in the
 * authors' implementation.
 */
function ddnProcedure(
  { steps, stepSize, initialRadius, radiusChange }: OptionsOf<typeof options>,
  ball: Ball,
): Procedure<DdnState> {
  const { norm } = ball;
  const lengths = vector(descentLengths(stepSize, steps));
  return {
    steps,
    wanders: true,
    init: (clean) => ({ images: clean, radius: everySample(initialRadius, clean), ...startNearest(clean) }),
    query: ({ images }) => images,
    update: (state, { gradient, reached }, { clean, step }) => {
      const { images } = state;
      const distance = asVector(norm.measure(sub(images, clean)));
      const known = keepNearest(state, { images, distance, broken: reached });
      const turned = mul(state.radius, where(reached, 1 - radiusChange, 1 + radiusChange));
      const radius = minimum(turned, asVector(farthest(clean, norm)));
      const direction = add(sub(images, clean), mul(norm.steepest(gradient), gather(lengths, step)));
      const scale = div(besideImages(radius), maximum(norm.measure(direction), tiny));
      const next = clip(add(clean, mul(direction, scale)), 0, 1);
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

/** Decoupled direction and norm. */
export const ddn: Attack = defineAttack({
  name: 'ddn',
  title: 'Decoupled direction and norm',
  summary:
    'Looks for the nearest image that breaks a sample: follows the normalised gradient, and apart from it shrinks the perturbation where it breaks the sample and lengthens it where it does not.',
  paper: 'Rony et al. 2019, arXiv:1811.09600',
  family: 'minimumNorm',
  norms: ['l2'],
  options,
  needs: ['gradient', 'logits'],
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
  bind: (given, ball): Binding => ({ options: { ...given }, restarts: 1, procedure: ddnProcedure(given, ball) }),
});
