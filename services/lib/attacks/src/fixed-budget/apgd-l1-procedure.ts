import {
  abs,
  add,
  and,
  cast,
  ceil,
  div,
  gather,
  greater,
  less,
  maximum,
  mul,
  sub,
  type Value,
  vector,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { elementCount } from '@parallax/tensor';
import type { Moment, Observation, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { asVector, besideImages, everySample, sumPerSample } from '../norms/per-sample.ts';
import { type ApgdL1Schedule, apgdL1Schedule } from './apgd-l1-schedule.ts';
import { sparseDirection } from './sparse-direction.ts';

type ApgdL1State = {
  /** The iterate, [N,C,H,W]. */
  readonly images: Value;
  /** Where the loss was highest in this phase, the gradient there, and the loss, [N]. */
  readonly best: Value;
  readonly bestGradient: Value;
  readonly bestLoss: Value;
  /** In the unit of the ball, [N]. */
  readonly stepSize: Value;
  /** How many values a step changes, [N]. */
  readonly count: Value;
  /** How many values the best image had changed at the last checkpoint, [N]. */
  readonly changed: Value;
  /** Radius of the ball of this phase, [N]. */
  readonly radius: Value;
};

/** Share of all values that a step changes before there is a checkpoint. */
const firstShare = 0.2;

/** Steps become shorter by this factor while the number of changed values stays, down to this part of the first. */
const reduction = 1.5;
const leastPart = 0.1;

/** Below every loss, and finite. */
const below = -3e38;

interface Tables {
  readonly radius: Value;
  readonly isCheckpoint: Value;
}

/**
 * Auto-PGD in L1 (Croce & Hein 2021, Algorithm 1): projections onto ball and box together, steps that change as many values
 * as the best image so far suggests, and a length that starts anew whenever that number has fallen. With `wide` the search
 * begins in balls of three and two times the radius, each phase at the best image of the one before.
 *
 * Looks of the first phases break a sample where they happen to be inside the ball itself; the authors' implementation takes
 * note of those of the last phase alone.
 */
export function apgdL1Procedure(steps: number, wide: boolean, ball: Ball): Procedure<ApgdL1State> {
  const schedule = apgdL1Schedule(steps, wide);
  const tables = {
    radius: vector(schedule.radius.map((each) => each * ball.radius)),
    isCheckpoint: vector(schedule.isCheckpoint),
  };
  return {
    steps: schedule.steps,
    wanders: wide,
    init: (clean, draw) => start(clean, draw, ball, schedule, wide),
    query: ({ images }) => images,
    update: (state, observation, moment) => {
      const kept = keepBest(state, observation);
      return move(adapt(kept, observation, moment, tables), moment, ball, tables);
    },
    result: (state, { loss, clean }) => {
      const better = greater(loss, state.bestLoss);
      const images = where(besideImages(better), state.images, state.best);
      // A sample whose gradients could not be used may have stayed behind in an earlier phase.
      const inside = where(
        besideImages(greater(state.radius, ball.radius)),
        ball.norm.contain(images, clean, ball.radius),
        images,
      );
      return { images: inside, loss: maximum(loss, state.bestLoss) };
    },
  };
}

function start(
  clean: Value,
  draw: Draw,
  ball: Ball,
  { radius: [multiple = 1] }: ApgdL1Schedule,
  wide: boolean,
): ApgdL1State {
  const { norm, dims, radius } = ball;
  const images = norm.contain(add(clean, draw('start', 'normal', dims)), clean, multiple * radius);
  const all = (value: number): Value => everySample(value, images);
  const size = elementCount(dims);
  const changed = wide ? changedValues(images, clean) : all(size);
  return {
    images,
    best: images,
    bestGradient: mul(images, 0),
    bestLoss: all(below),
    stepSize: all(multiple * radius),
    count: wide ? countFor(changed) : all(size - Math.floor((1 - firstShare) * size)),
    changed,
    radius: all(multiple * radius),
  };
}

/** How many values differ: → [N]. */
function changedValues(images: Value, clean: Value): Value {
  return asVector(sumPerSample(cast(greater(abs(sub(images, clean)), 0), 'float32')));
}

/** How many values to change in a step when so many of the best image are changed. */
function countFor(changed: Value): Value {
  // Twice the number before a division by 3: a quotient that is whole comes out whole.
  return maximum(ceil(div(mul(changed, 2), 3)), 1);
}

function keepBest(state: ApgdL1State, { loss, gradient }: Observation): ApgdL1State {
  const better = greater(loss, state.bestLoss);
  return {
    ...state,
    best: where(besideImages(better), state.images, state.best),
    bestGradient: where(besideImages(better), gradient, state.bestGradient),
    bestLoss: where(better, loss, state.bestLoss),
  };
}

/** Where a sample goes on from, and along which gradient. */
interface Departure {
  readonly state: ApgdL1State;
  readonly from: Value;
  readonly gradient: Value;
}

/**
 * At a checkpoint takes the number of values to be changed from the best image. Where that has fallen by more than a
 * twentieth, goes back to it with steps of full length; elsewhere makes the steps shorter.
 */
function adapt(state: ApgdL1State, { gradient }: Observation, { clean, step }: Moment, tables: Tables): Departure {
  const atCheckpoint = greater(gather(tables.isCheckpoint, step), 0);
  const changed = changedValues(state.best, clean);
  const sparser = and(atCheckpoint, less(mul(changed, 20), mul(state.changed, 19)));
  const shorter = maximum(div(state.stepSize, reduction), mul(state.radius, leastPart));
  const stays = where(atCheckpoint, shorter, state.stepSize);
  return {
    from: where(besideImages(sparser), state.best, state.images),
    gradient: where(besideImages(sparser), state.bestGradient, gradient),
    state: {
      ...state,
      stepSize: where(sparser, state.radius, stays),
      count: where(atCheckpoint, countFor(changed), state.count),
      changed: where(atCheckpoint, changed, state.changed),
    },
  };
}

/** A projected step, or the projection of the best image where a phase begins. */
function move({ state, from, gradient }: Departure, { clean, step }: Moment, ball: Ball, tables: Tables): ApgdL1State {
  const radius = gather(tables.radius, step);
  const enters = less(radius, state.radius);
  const along = mul(sparseDirection(gradient, state.count), besideImages(state.stepSize));
  const images = ball.norm.contain(where(besideImages(enters), state.best, add(from, along)), clean, radius);
  const changed = changedValues(images, clean);
  return {
    images,
    best: where(besideImages(enters), images, state.best),
    bestGradient: state.bestGradient,
    bestLoss: where(enters, below, state.bestLoss),
    stepSize: where(enters, radius, state.stepSize),
    count: where(enters, countFor(changed), state.count),
    changed: where(enters, changed, state.changed),
    radius: where(enters, radius, state.radius),
  };
}
