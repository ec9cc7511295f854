import { add, clip, div, maximum, minimum, mul, sub, type Value, where } from '@parallax/graph';
import type { Moment, Observation, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { isLast } from '../last-step.ts';
import { asVector, besideImages } from '../norms/per-sample.ts';
import { type Linearisation, stepToZero } from './hyperplane.ts';
import { broughtInside, homecoming, keepNearest, type Nearest, startNearest } from './nearest.ts';

type FabState = Nearest & {
  /** The iterate, [N,C,H,W]. */
  readonly images: Value;
};

export interface FabSettings {
  readonly steps: number;
  /** The most that the clean image weighs in a step. */
  readonly alphaMax: number;
  /** How far a step goes, as a multiple of what leads to the linearised boundary. */
  readonly eta: number;
  /** Share of the perturbation that is kept on the way back from an iterate that breaks the sample. */
  readonly beta: number;
}

/** The least length of a projection; keeps the weights of two projections defined where both are 0. */
const shortest = 1e-8;

/**
 * Fast Adaptive Boundary attack on an objective that is 0 at the boundary and positive beyond. An update takes what was seen
 * at an iterate, goes back towards the clean image where it breaks the sample, and then steps to the boundary of the
 * objective linearised there, with a pull towards the point of it nearest to the clean image.
 *
 * The paper looks a second time after going back. This linearises where it has looked, a tenth of the perturbation away: one
 * look a step instead of two, and distances that are the same or slightly smaller.
 */
export function fabProcedure(settings: FabSettings, ball: Ball): Procedure<FabState> {
  const { steps } = settings;
  return {
    steps,
    wanders: true,
    init: (clean) => ({ images: clean, ...startNearest(clean) }),
    query: ({ images }) => images,
    update: (state, observation, moment) => {
      const { images } = state;
      const { clean, step } = moment;
      const distance = asVector(ball.norm.measure(sub(images, clean)));
      const known = keepNearest(state, { images, distance, broken: observation.reached });
      const moved = moveOn(images, observation, moment, { settings, ball });
      return { ...known, images: where(isLast(step, steps), homecoming(known, moved, clean, ball), moved) };
    },
    // The last look was inside the ball, unless the last steps could not be used.
    result: ({ images }, { loss, clean }) => ({ images: broughtInside(images, clean, ball), loss }),
  };
}

/** The next iterate, after a look at `images`. */
function moveOn(
  images: Value,
  { loss, gradient, reached }: Observation,
  { clean }: Moment,
  { settings: { alphaMax, eta, beta }, ball }: { readonly settings: FabSettings; readonly ball: Ball },
): Value {
  const { norm } = ball;
  const plane: Linearisation = { at: images, value: loss, gradient };
  const back = clip(add(clean, mul(sub(images, clean), beta)), 0, 1);
  const from = where(besideImages(reached), back, images);
  const step = stepToZero(from, plane, norm);
  const cleanStep = stepToZero(clean, plane, norm);
  const [length, cleanLength] = [step, cleanStep].map((each) => maximum(norm.measure(each), shortest)) as [
    Value,
    Value,
  ];
  const share = minimum(div(length, add(length, cleanLength)), alphaMax);
  const ahead = add(from, mul(step, eta));
  const cleanAhead = add(clean, mul(cleanStep, eta));
  return clip(add(mul(ahead, sub(1, share)), mul(cleanAhead, share)), 0, 1);
}
