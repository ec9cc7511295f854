import {
  add,
  and,
  cast,
  gather,
  greater,
  greaterOrEqual,
  lessOrEqual,
  maximum,
  mul,
  not,
  or,
  sub,
  type Value,
  vector,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { Moment, Observation, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { besideImages, everySample } from '../norms/per-sample.ts';
import { apgdSchedule } from './apgd-schedule.ts';
import { projected } from './step.ts';

type ApgdState = {
  /** The iterate and the one it was reached from, [N,C,H,W]. */
  readonly images: Value;
  readonly previous: Value;
  /** Where the loss was highest so far, the gradient there, and the loss, [N]. */
  readonly best: Value;
  readonly bestGradient: Value;
  readonly bestLoss: Value;
  /** The loss at `previous`, [N]. */
  readonly loss: Value;
  /** In the unit of the ball, [N]. */
  readonly stepSize: Value;
  /** Steps since the last checkpoint that raised the loss, [N]. */
  readonly raised: Value;
  /** Whether the step size was halved at the last checkpoint, and the best loss then, [N]. */
  readonly halved: Value;
  readonly bestLossAtCheckpoint: Value;
};

/** Share of the new direction in a step; the rest carries on with the one before. */
const mixing = 0.75;

/** Beyond every loss, and finite. */
const beyond = 3e38;

/** What changes with the number of steps taken, by it. */
interface Tables {
  readonly isCheckpoint: Value;
  readonly threshold: Value;
  /** Share of the new direction. The first step has none before it to carry on with. */
  readonly mix: Value;
}

function tablesOf(steps: number): Tables {
  const { isCheckpoint, threshold } = apgdSchedule(steps);
  const mix = Array.from({ length: steps }, (_, step) => (step === 0 ? 1 : mixing));
  return { isCheckpoint: vector(isCheckpoint), threshold: vector(threshold), mix: vector(mix) };
}

/**
 * Auto-PGD. An update takes what was seen at an iterate (loss and gradient), keeps the best, halves the step size and goes
 * back to the best iterate where progress has stalled, and makes the next step with momentum.
 *
 * From one start and in float64 its 101 losses are those of the authors' implementation: on the toy, in Linf and L2, the best
 * loss agreed to 1e-10 and every look to 1e-6.
 * It differs on purpose in three things. Theirs compares the first step's loss with 0 instead of that of the start, so that
 * it never counts as raised for a loss that is negative until the sample breaks, like DLR. The ball is smaller by what
 * float32 can round. And theirs returns the last image that is judged wrong where the driver keeps the first.
 */
export function apgdProcedure(steps: number, ball: Ball): Procedure<ApgdState> {
  const tables = tablesOf(steps);
  return {
    steps,
    init: (clean, draw) => start(clean, draw, ball),
    query: ({ images }) => images,
    update: (state, observation, moment) => {
      const kept = keepBest(state, observation);
      return stride(judgeProgress(kept, observation, moment.step, tables), moment, ball, tables);
    },
    result: ({ images, best, bestLoss }, { loss }) => ({
      images: where(besideImages(greater(loss, bestLoss)), images, best),
      loss: maximum(loss, bestLoss),
    }),
  };
}

function start(clean: Value, draw: Draw, ball: Ball): ApgdState {
  const { norm, radius, epsilon, dims } = ball;
  const images = projected(add(clean, mul(norm.boundary(draw, dims), radius)), clean, ball);
  const all = (value: number): Value => everySample(value, images);
  return {
    images,
    previous: images,
    best: images,
    bestGradient: mul(images, 0),
    bestLoss: all(-beyond),
    // The first look at the start is not a step that raised the loss.
    loss: all(beyond),
    stepSize: all(2 * epsilon),
    raised: all(0),
    // The first checkpoint has none before it: only condition 1 counts.
    halved: all(1),
    bestLossAtCheckpoint: all(beyond),
  };
}

function keepBest(state: ApgdState, { loss, gradient }: Observation): ApgdState {
  const better = greater(loss, state.bestLoss);
  return {
    ...state,
    best: where(besideImages(better), state.images, state.best),
    bestGradient: where(besideImages(better), gradient, state.bestGradient),
    bestLoss: where(better, loss, state.bestLoss),
    raised: add(state.raised, cast(greater(loss, state.loss), 'float32')),
    loss,
  };
}

/** Where a sample goes on from, and along which gradient. */
interface Departure {
  readonly state: ApgdState;
  readonly from: Value;
  readonly gradient: Value;
}

/**
 * At a checkpoint, halves the step size and goes back to the best iterate where too few steps have raised the loss
 * (condition 1), or where neither step size nor best loss has changed since the last checkpoint (condition 2).
 */
function judgeProgress(state: ApgdState, { gradient }: Observation, step: Value, tables: Tables): Departure {
  const atCheckpoint = isTrue(gather(tables.isCheckpoint, step));
  const tooFew = lessOrEqual(state.raised, gather(tables.threshold, step));
  const unchanged = and(not(isTrue(state.halved)), greaterOrEqual(state.bestLossAtCheckpoint, state.bestLoss));
  const halve = and(or(tooFew, unchanged), atCheckpoint);
  return {
    from: where(besideImages(halve), state.best, state.images),
    gradient: where(besideImages(halve), state.bestGradient, gradient),
    state: {
      ...state,
      stepSize: where(halve, mul(state.stepSize, 0.5), state.stepSize),
      raised: where(atCheckpoint, 0, state.raised),
      halved: where(atCheckpoint, cast(halve, 'float32'), state.halved),
      bestLossAtCheckpoint: where(atCheckpoint, state.bestLoss, state.bestLossAtCheckpoint),
    },
  };
}

/** A projected step, mixed with the one before. */
function stride({ state, from, gradient }: Departure, { clean, step }: Moment, ball: Ball, tables: Tables): ApgdState {
  const direction = mul(ball.norm.steepest(gradient), besideImages(state.stepSize));
  const plain = projected(add(from, direction), clean, ball);
  const mix = gather(tables.mix, step);
  const moved = add(mul(sub(plain, from), mix), mul(sub(from, state.previous), sub(1, mix)));
  return { ...state, images: projected(add(from, moved), clean, ball), previous: from };
}

function isTrue(flag: Value): Value {
  return greater(flag, 0);
}
