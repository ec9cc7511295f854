import {
  add,
  and,
  clip,
  div,
  equal,
  less,
  lessOrEqual,
  maximum,
  minimum,
  mul,
  scalarConstant,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import type { Moment, Observation, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { projected } from '../fixed-budget/step.ts';
import { asVector, besideImages, everySample } from '../norms/per-sample.ts';
import { type Linearisation, stepToZero } from './hyperplane.ts';

type FabState = {
  /** The iterate, [N,C,H,W]. */
  readonly images: Value;
  /** Of the iterates that broke the sample the one nearest to the clean image, and its distance, [N]. */
  readonly nearest: Value;
  readonly distance: Value;
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

/** Beyond every distance, and finite. */
const beyond = 3e38;

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
  const last = scalarConstant(settings.steps - 1, 'int64');
  return {
    steps: settings.steps,
    wanders: true,
    init: (clean) => ({ images: clean, nearest: clean, distance: everySample(beyond, clean) }),
    query: ({ images }) => images,
    update: (state, observation, moment) => {
      const kept = keepNearest(state, observation, moment, ball);
      const moved = moveOn(kept.images, observation, moment, { settings, ball });
      const images = where(equal(moment.step, last), ending(kept, moved, moment.clean, ball), moved);
      return { ...kept, images };
    },
    // The last look was inside the ball, unless the last steps could not be used.
    result: ({ images }, { loss, clean }) => ({ images: inside(images, clean, ball), loss }),
  };
}

function distanceOf(images: Value, clean: Value, { norm }: Ball): Value {
  return asVector(norm.measure(sub(images, clean)));
}

function keepNearest(state: FabState, { reached }: Observation, { clean }: Moment, ball: Ball): FabState {
  const { images } = state;
  const distance = distanceOf(images, clean, ball);
  const nearer = and(reached, less(distance, state.distance));
  return {
    images,
    nearest: where(besideImages(nearer), images, state.nearest),
    distance: where(nearer, distance, state.distance),
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

/** What is returned: the nearest image that broke the sample or, where there is none, the last; from inside the ball. */
function ending({ nearest, distance }: FabState, moved: Value, clean: Value, ball: Ball): Value {
  const found = besideImages(less(distance, beyond));
  return inside(where(found, nearest, moved), clean, ball);
}

/** Images inside the ball as they are, the others projected. */
function inside(images: Value, clean: Value, ball: Ball): Value {
  const isInside = besideImages(lessOrEqual(distanceOf(images, clean, ball), ball.epsilon));
  return where(isInside, images, projected(images, clean, ball));
}
