import { add, and, argMax, cast, equal, greater, isNan, less, mul, not, or, type Value, where } from '@parallax/graph';
import type { State } from '../attack.ts';
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
  /** One look does not decide: of the looks that found a sample broken, the one of highest loss is kept. */
  readonly stochastic: boolean;
}

/** Counters and, in selection verdict, the image that broke the sample: `brokenAt` is -1 until there is one. */
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
  };
}

/** Whether a gradient holds a NaN or an infinity: → bool [N]. */
export function isUnusable(gradient: Value): Value {
  // 0 · ∞ is NaN, and so is every sum with a NaN in it.
  return isNan(asVector(sumPerSample(mul(gradient, 0))));
}

/** Takes down one look at `images` after `step` updates. */
export function track(how: Track, state: State, images: Value, look: Look, step: Value): State {
  const unusable = isUnusable(look.gradient);
  const zero = and(not(unusable), equal(asVector(largestPerSample(look.gradient)), 0));
  // A sample that is broken already is only waiting to leave.
  const attacked = (seen: Value): Value =>
    how.selection === 'verdict' ? and(seen, less(entry(state, 'brokenAt'), 0)) : seen;
  const counted = {
    ...state,
    loss: look.loss,
    zeroGradients: count(entry(state, 'zeroGradients'), attacked(zero)),
    nanGradients: count(entry(state, 'nanGradients'), attacked(unusable)),
  };
  return how.selection === 'verdict' && look.logits !== undefined
    ? { ...counted, ...breakWhereReached(how, state, images, { loss: look.loss, logits: look.logits }, step) }
    : counted;
}

/** Keeps the images at which samples reach the goal, the step, the loss and the class they were judged as. */
export function breakWhereReached(
  how: Track,
  state: State,
  images: Value,
  { loss, logits }: { readonly loss: Value; readonly logits: Value },
  step: Value,
): State {
  const prediction = argMax(logits, 1);
  const whole = less(entry(state, 'brokenAt'), 0);
  const eligible = how.stochastic ? or(whole, greater(loss, entry(state, 'brokenLoss'))) : whole;
  const now = and(eligible, reached(how, prediction));
  return {
    brokenAt: where(now, step, entry(state, 'brokenAt')),
    brokenImages: where(besideImages(now), images, entry(state, 'brokenImages')),
    brokenLoss: where(now, loss, entry(state, 'brokenLoss')),
    brokenPrediction: where(now, prediction, entry(state, 'brokenPrediction')),
  };
}

function reached({ goal, inputs }: Track, prediction: Value): Value {
  return goal === 'target' ? equal(prediction, inputs.targets) : not(equal(prediction, inputs.labels));
}

function count(counter: Value, seen: Value): Value {
  return add(counter, cast(seen, 'int64'));
}
