import { add, clip, div, greater, maximum, minimum, mul, sub, type Value, where } from '@parallax/graph';
import type { Beginning, Moment, Observation, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { asVector, besideImages } from '../norms/per-sample.ts';
import { onlyWhen } from '../only-when.ts';
import { type Boundaries, isRound, nearestBoundary, noneKnown, seeBoundary, startBoundaries } from './boundaries.ts';
import { type Linearisation, stepToZero } from './hyperplane.ts';
import { broughtInside, homeAfterLast, keepNearest, type Nearest, startNearest } from './nearest.ts';

type Journey = Nearest & {
  /** The iterate, [N,C,H,W]. */
  readonly images: Value;
};

export interface FabSettings {
  readonly steps: number;
  /** The first start is the clean image, the others are random. */
  readonly restarts: number;
  /** The most that the clean image weighs in a step. */
  readonly alphaMax: number;
  /** How far a step goes, as a multiple of what leads to the linearised boundary. */
  readonly eta: number;
  /** Share of the perturbation that is kept on the way back from an iterate that breaks the sample. */
  readonly beta: number;
}

/** The least length of a projection; keeps the weights of two projections defined where both are 0. */
const shortest = 1e-8;

/** How far from the clean image random starts are, as a share of the radius. */
const startShare = 0.5;

/**
 * Fast Adaptive Boundary attack on an objective that is 0 at the boundary and positive beyond. An update takes what was seen
 * at an iterate, goes back towards the clean image where it breaks the sample, and then steps to the boundary of the
 * objective linearised there, with a pull towards the point of it nearest to the clean image.
 *
 * The paper looks a second time after going back. This linearises where it has looked, a tenth of the perturbation away: one
 * look a step instead of two, and distances that are the same or slightly smaller.
 */
export function fabProcedure(settings: FabSettings, ball: Ball): Procedure<Journey> {
  const { steps } = settings;
  const journey = createJourney(settings, ball, steps);
  return {
    ...journey.ends,
    steps,
    init: journey.start,
    update: (state, observation, moment) => {
      const known = journey.arrive(state, observation, moment);
      const { images } = state;
      const { loss: value, gradient, reached } = observation;
      const from = journey.back(images, reached, moment);
      return journey.leave(known, journey.move(from, { at: images, value, gradient }, moment.clean), moment);
    },
  };
}

/**
 * The same over the boundaries to several classes: looks toward each of them in turn, and then steps to the nearest, which may
 * be that of another class at every move.
 */
export function fabOverClasses(settings: FabSettings, ball: Ball, classes: number): Procedure<Journey & Boundaries> {
  const steps = settings.steps * classes;
  const journey = createJourney(settings, ball, steps);
  return {
    ...journey.ends,
    steps,
    init: (clean, draw, beginning) => ({
      ...journey.start(clean, draw, beginning),
      ...startBoundaries(clean, beginning),
    }),
    aim: ({ rival }) => rival,
    update: (state, observation, moment) => {
      const known = journey.arrive(state, observation, moment);
      const { images } = state;
      const { clean, step } = moment;
      const from = journey.back(images, observation.reached, moment);
      const seen = seeBoundary(state, observation, { images, from, step }, ball.norm);
      const moved = onlyWhen(isRound(seen, step), { ...seen, images, from, clean }, (before) => ({
        images: journey.move(before.from, nearestBoundary(before, before.images), before.clean),
        away: noneKnown(before.images),
      }));
      return { ...seen, away: moved.away, ...journey.leave(known, moved.images, moment) };
    },
  };
}

/** What one FAB shares with the other; `steps`: looks in all. */
function createJourney({ restarts, alphaMax, eta, beta }: FabSettings, ball: Ball, steps: number) {
  const { norm, epsilon, dims } = ball;
  return {
    ends: {
      wanders: true,
      query: ({ images }: Journey) => images,
      // The last look was inside the ball, unless the last steps could not be used.
      result: ({ images }: Journey, { loss, clean }: { readonly loss: Value; readonly clean: Value }) => ({
        images: broughtInside(images, clean, ball),
        loss,
      }),
    },
    start: (clean: Value, draw: Moment['draw'], { restart }: Beginning): Journey => {
      const known = startNearest(clean);
      if (restarts === 1) return { images: clean, ...known };
      const random = clip(add(clean, mul(norm.boundary(draw, dims), startShare * epsilon)), 0, 1);
      return { images: where(greater(restart, 0), random, clean), ...known };
    },
    /** Takes down what was seen. */
    arrive: (state: Journey, { reached }: Observation, { clean }: Moment): Nearest => {
      const { images } = state;
      const distance = asVector(norm.measure(sub(images, clean)));
      return keepNearest(state, { images, distance, broken: reached });
    },
    /** Where a move begins: nearer to the clean image where the iterate breaks the sample. */
    back: (images: Value, reached: Value, { clean }: Moment): Value =>
      where(besideImages(reached), clip(add(clean, mul(sub(images, clean), beta)), 0, 1), images),
    /** The next iterate: on the plane, or a little beyond it. */
    move: (from: Value, plane: Linearisation, clean: Value): Value => {
      const step = stepToZero(from, plane, norm);
      const cleanStep = stepToZero(clean, plane, norm);
      const length = maximum(norm.measure(step), shortest);
      const cleanLength = maximum(norm.measure(cleanStep), shortest);
      const share = minimum(div(length, add(length, cleanLength)), alphaMax);
      const ahead = add(from, mul(step, eta));
      const cleanAhead = add(clean, mul(cleanStep, eta));
      return clip(add(mul(ahead, sub(1, share)), mul(cleanAhead, share)), 0, 1);
    },
    /** Goes on to an iterate, or home after the last step. */
    leave: (known: Nearest, moved: Value, moment: Moment): Journey => ({
      ...known,
      images: homeAfterLast(known, moved, moment, { steps, ball }),
    }),
  };
}
