import {
  add,
  and,
  cast,
  equal,
  greater,
  isNan,
  less,
  lessOrEqual,
  mul,
  not,
  or,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import type { State } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { asVector, besideImages, everySample, largestPerSample, sumPerSample } from '../norms/per-sample.ts';
import type { Look } from './observe.ts';
import type { Goal, Selection } from './program.ts';
import type { SceneInputs } from './scene.ts';
import { entry } from './state-entry.ts';

/** What is written down about a sample while it is attacked, whatever the attack. */
export interface Track {
  readonly inputs: SceneInputs;
  readonly selection: Selection;
  readonly goal: Goal;
  readonly ball: Ball;
  /** Looks may lie outside the ball, where they do not count. */
  readonly wanders: boolean;
  /** One look does not decide: of the looks that found a sample broken, the one of highest loss is kept. */
  readonly stochastic: boolean;
}

/** Beyond every distance, and finite. */
const beyond = 3e38;

/** Counters and, unless in selection transfer, the image that broke the sample: `brokenAt` is -1 until there is one. */
export function startTrack({ inputs: { clean }, selection }: Track): State {
  const counters = {
    loss: everySample(0, clean),
    zeroGradients: everySample(0, clean, 'int64'),
    nanGradients: everySample(0, clean, 'int64'),
  };
  if (selection === 'transfer') return counters;
  return {
    ...counters,
    brokenAt: everySample(-1, clean, 'int64'),
    brokenImages: clean,
    brokenLoss: everySample(0, clean),
    brokenPrediction: everySample(-1, clean, 'int64'),
    ...(selection === 'distance' ? { brokenDistance: everySample(beyond, clean) } : {}),
  };
}

/** Whether a gradient holds a NaN or an infinity: → bool [N]. */
export function isUnusable(gradient: Value): Value {
  // 0 · ∞ is NaN, and so is every sum with a NaN in it.
  return isNan(asVector(sumPerSample(mul(gradient, 0))));
}

/** Takes down one look at `images` after `step` updates. */
export function track(how: Track, state: State, images: Value, look: Look, step: Value): State {
  const seen = { ...state, loss: look.loss, ...countGradients(how, state, look.gradient) };
  const { loss, prediction } = look;
  return how.selection !== 'transfer' && prediction !== undefined
    ? { ...seen, ...breakWhereReached(how, state, images, { loss, prediction }, step) }
    : seen;
}

function countGradients(how: Track, state: State, gradient: Value | undefined): State {
  if (gradient === undefined) return {};
  const unusable = isUnusable(gradient);
  const zero = and(not(unusable), equal(asVector(largestPerSample(gradient)), 0));
  // A sample that is broken already is only waiting to leave.
  const attacked = (seen: Value): Value =>
    how.selection === 'verdict' ? and(seen, less(entry(state, 'brokenAt'), 0)) : seen;
  return {
    zeroGradients: count(entry(state, 'zeroGradients'), attacked(zero)),
    nanGradients: count(entry(state, 'nanGradients'), attacked(unusable)),
  };
}

/** Keeps the images at which samples reach the goal, the step, the loss and the class they were judged as. */
export function breakWhereReached(
  how: Track,
  state: State,
  images: Value,
  { loss, prediction }: { readonly loss: Value; readonly prediction: Value },
  step: Value,
): State {
  const distance = asVector(how.ball.norm.measure(sub(images, how.inputs.clean)));
  const inside = how.wanders ? lessOrEqual(distance, how.ball.epsilon) : undefined;
  const candidate = inside === undefined ? reached(how, prediction) : and(reached(how, prediction), inside);
  const now = and(isBetter(how, state, { loss, distance }), candidate);
  return {
    brokenAt: where(now, step, entry(state, 'brokenAt')),
    brokenImages: where(besideImages(now), images, entry(state, 'brokenImages')),
    brokenLoss: where(now, loss, entry(state, 'brokenLoss')),
    brokenPrediction: where(now, prediction, entry(state, 'brokenPrediction')),
    ...(how.selection === 'distance' ? { brokenDistance: where(now, distance, entry(state, 'brokenDistance')) } : {}),
  };
}

/** Whether an image that breaks a sample is worth more than what is known: → bool [N]. */
function isBetter(
  { selection, stochastic }: Track,
  state: State,
  { loss, distance }: { readonly loss: Value; readonly distance: Value },
): Value {
  if (selection === 'distance') return less(distance, entry(state, 'brokenDistance'));
  const whole = less(entry(state, 'brokenAt'), 0);
  return stochastic ? or(whole, greater(loss, entry(state, 'brokenLoss'))) : whole;
}

/** Whether classes int64 [N] are what the attack is after: → bool [N]. */
export function reached({ goal, inputs }: Pick<Track, 'goal' | 'inputs'>, prediction: Value): Value {
  return goal === 'target' ? equal(prediction, inputs.targets) : not(equal(prediction, inputs.labels));
}

function count(counter: Value, seen: Value): Value {
  return add(counter, cast(seen, 'int64'));
}
