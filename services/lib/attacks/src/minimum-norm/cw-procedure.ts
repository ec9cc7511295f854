import {
  add,
  and,
  cast,
  clip,
  div,
  equal,
  gather,
  greater,
  greaterOrEqual,
  less,
  log,
  maximum,
  minimum,
  mod,
  mul,
  or,
  reshape,
  sqrt,
  sub,
  tanh,
  type Value,
  vector,
  where,
} from '@parallax/graph';
import type { Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { isLast } from '../last-step.ts';
import { entry } from '../near/state-entry.ts';
import { asVector, besideImages, everySample } from '../norms/per-sample.ts';
import { broughtInside, homeWhere, keepNearest, type Nearest, startNearest } from './nearest.ts';

export interface CwSettings {
  /** Weights that are tried. */
  readonly searchSteps: number;
  /** Steps for each. */
  readonly steps: number;
  readonly stepSize: number;
  readonly initialWeight: number;
  /** What the margin must exceed. */
  readonly confidence: number;
  /** Go on to the next weight where what is minimised has not fallen over a tenth of the steps. */
  readonly abortEarly: boolean;
}

/** Minimisation by Adam, of all samples at once and each for itself. All are [N,C,H,W]. */
type Descent = {
  /** Looked at next: (tanh(variable) + 1) / 2. */
  readonly images: Value;
  readonly variable: Value;
  /** Running means of the gradient and of its square. */
  readonly mean: Value;
  readonly square: Value;
};

/** Search of the weight. All are [N]. */
type Search = {
  readonly weight: Value;
  /** The largest weight that has not worked, and the least that has. */
  readonly low: Value;
  readonly high: Value;
  /** Whether this weight has broken the sample: 0 or 1. */
  readonly worked: Value;
};

/** Where a sample is: each goes on to the next weight for itself. All are [N]. */
type Course = {
  /** Weights that are done with, int64. */
  readonly round: Value;
  /** Steps made with this one, int64. */
  readonly turn: Value;
  /** What was minimised at the last check; {@link unknown} before the first. */
  readonly before: Value;
};

type CwState = Descent & Search & Course & Nearest;

/** Decay of the running means, and what keeps steps finite: the defaults of Adam. */
const meanDecay = 0.9;
const squareDecay = 0.999;
const tiny = 1e-8;

/** Stands for "no weight has worked"; weights that have are below it. */
const noneWorked = 1e10;

/** Beyond everything that is minimised, and finite. */
const unknown = 3e38;

/** Progress is checked ten times a weight; what is minimised must have fallen below this share of what it was. */
const checks = 10;
const leastFall = 0.9999;

/** What a weight is multiplied with while none has worked. */
const growth = 10;

/**
 * Pixels are pulled this much toward grey, for the variable to be finite. As in the authors' code the squared distance that is
 * minimised is to the image after that: its slope at the start is 0, where a least difference would drown a small weight.
 */
const shrink = 0.999999;

/**
 * Minimises ‖x' − x‖² + weight · max(confidence − margin, 0) over a variable whose hyperbolic tangent is the image, which
 * keeps it inside the box, and searches the least weight that works.
 */
export function cwProcedure(settings: CwSettings, ball: Ball): Procedure<CwState> {
  const { steps, searchSteps, initialWeight, confidence, abortEarly } = settings;
  const total = searchSteps * steps;
  const adam = createAdam(settings);
  const isDone = ({ round }: Course): Value => greaterOrEqual(round, searchSteps);
  return {
    steps: total,
    wanders: true,
    init: (clean) => ({
      ...startDescent(clean),
      ...startSearch(clean, initialWeight),
      ...startCourse(clean),
      ...startNearest(clean),
    }),
    query: ({ images }) => images,
    update: (state, { loss, gradient }, { clean, step }) => {
      const { images, weight } = state;
      const broken = greater(loss, confidence);
      const distance = asVector(ball.norm.measure(sub(images, clean)));
      const known = keepNearest(state, { images, distance, broken });
      const search: Search = { ...searchOf(state), worked: where(broken, 1, state.worked) };
      const pull = where(less(loss, confidence), weight, 0);
      const start = startDescent(clean);
      const slope = sub(mul(sub(images, start.images), 2), mul(gradient, besideImages(pull)));
      const minimised = add(mul(distance, distance), mul(pull, sub(confidence, loss)));
      const { over, course } = goOn(state, minimised, settings);
      const descent = choose(over, start, adam(state, slope, state.turn));
      const home = or(isDone(course), isLast(step, total));
      const next = homeWhere(home, known, descent.images, clean, ball);
      return { ...descent, ...choose(over, nextWeight(search), search), ...course, ...known, images: next };
    },
    ...(abortEarly ? { done: isDone } : {}),
    // The last look was inside the ball, unless the last step could not be used.
    result: ({ images }, { loss, clean }) => ({ images: broughtInside(images, clean, ball), loss }),
  };
}

function startCourse(clean: Value): Course {
  const none = everySample(0, clean, 'int64');
  return { round: none, turn: none, before: everySample(unknown, clean) };
}

/** Where samples are after one more step, given what is minimised, [N], and whether this was their last with the weight. */
function goOn(
  { round, turn, before }: Course,
  minimised: Value,
  { steps, abortEarly }: CwSettings,
): { readonly over: Value; readonly course: Course } {
  const isCheck = equal(mod(turn, Math.ceil(steps / checks)), 0);
  const stalls = and(isCheck, greater(minimised, mul(before, leastFall)));
  const ends = equal(turn, steps - 1);
  const over = abortEarly ? or(ends, stalls) : ends;
  return {
    over,
    course: {
      round: add(round, cast(over, 'int64')),
      turn: where(over, 0, add(turn, 1)),
      before: where(over, unknown, where(isCheck, minimised, before)),
    },
  };
}

/** The rows of one state where a condition holds, bool [N], else of the other. */
function choose<S extends Readonly<Record<string, Value>>>(condition: Value, one: S, other: S): S {
  const chosen = Object.entries(one).map(([name, value]) => {
    const beside = reshape(condition, [-1, ...value.shape.slice(1).map(() => 1)]);
    return [name, where(beside, value, entry(other, name))];
  });
  // The same names as `one`.
  return Object.fromEntries(chosen) as S;
}

function startDescent(clean: Value): Descent {
  const scaled = mul(sub(mul(clean, 2), 1), shrink);
  // The inverse of the hyperbolic tangent.
  const variable = mul(log(div(add(scaled, 1), sub(1, scaled))), 0.5);
  const nothing = mul(clean, 0);
  return { images: imagesOf(variable), variable, mean: nothing, square: nothing };
}

/** The images that a variable stands for. Clipped, because a runtime's hyperbolic tangent may round beyond 1. */
export function imagesOf(variable: Value): Value {
  return clip(mul(add(tanh(variable), 1), 0.5), 0, 1);
}

/** A step of Adam down the slope of what is minimised, [N,C,H,W] with respect to the images; `turn`, [N], counts from 0. */
function createAdam({ steps, stepSize }: CwSettings): (descent: Descent, slope: Value, turn: Value) => Descent {
  const corrections = (decay: number): Value =>
    vector(Array.from({ length: steps }, (_, turn) => 1 / (1 - decay ** (turn + 1))));
  const [meanCorrections, squareCorrections] = [corrections(meanDecay), corrections(squareDecay)];
  return ({ images, variable, mean: oldMean, square: oldSquare }, slope, turn) => {
    // d image / d variable = (1 − tanh²) / 2
    const gradient = mul(slope, mul(mul(images, sub(1, images)), 2));
    const mean = add(mul(oldMean, meanDecay), mul(gradient, 1 - meanDecay));
    const square = add(mul(oldSquare, squareDecay), mul(mul(gradient, gradient), 1 - squareDecay));
    const root = sqrt(mul(square, besideImages(gather(squareCorrections, turn))));
    const step = div(mul(mean, besideImages(gather(meanCorrections, turn))), add(root, tiny));
    const moved = sub(variable, mul(step, stepSize));
    return { images: imagesOf(moved), variable: moved, mean, square };
  };
}

function startSearch(clean: Value, initialWeight: number): Search {
  const all = (value: number): Value => everySample(value, clean);
  return { weight: all(initialWeight), low: all(0), high: all(noneWorked), worked: all(0) };
}

function searchOf({ weight, low, high, worked }: Search): Search {
  return { weight, low, high, worked };
}

/** Halves the interval, or goes on beyond the largest weight that has not worked while none has. */
function nextWeight({ weight, low, high, worked }: Search): Search {
  const succeeded = greater(worked, 0);
  const least = where(succeeded, minimum(high, weight), high);
  const most = where(succeeded, low, maximum(low, weight));
  const halfway = mul(add(most, least), 0.5);
  return {
    weight: where(less(least, noneWorked), halfway, mul(weight, growth)),
    low: most,
    high: least,
    worked: mul(worked, 0),
  };
}
