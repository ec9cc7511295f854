import {
  abs,
  add,
  and,
  clip,
  div,
  greater,
  greaterOrEqual,
  hardMask,
  less,
  maximum,
  minimum,
  mul,
  reduceSum,
  repeat,
  reshape,
  scalarConstant,
  sign,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import { bisect } from '../norms/bisect.ts';
import type { Norm, NormName } from '../norms/norm.ts';
import { asVector, besideImages, largestPerSample, sumPerSample } from '../norms/per-sample.ts';
import { anyOf, onlyWhen } from '../only-when.ts';

/** A function of images as it looks from nearby: value + ⟨gradient, x − at⟩. */
export interface Linearisation {
  /** [N,C,H,W] */
  readonly at: Value;
  /** [N] */
  readonly value: Value;
  /** [N,C,H,W] */
  readonly gradient: Value;
}

/** Keeps quotients finite. Gradients are scaled to a largest magnitude of 1 before it is used. */
const tiny = 1e-20;

/** Beyond every multiplier of a step that fits into the box. */
const beyond = 1e20;

/** Steps of Newton's method that nearly always suffice. The others are made when a sample of the batch needs them. */
const usualSteps = 3;

/** What is missing is nothing below this share of what is wanted: sums in float32 say no more. */
const precision = 2 ** -20;

/** Magnitudes closer than this, of at most 1, are told apart by nothing that matters. */
const resolution = 2 ** -22;

/** A step to be found, as magnitudes: how far each pixel moves toward the boundary. */
interface Task {
  /** What the step must gain, Σ slope · move, [N,1,1,1]. */
  readonly wanted: Value;
  /** What a pixel gains per unit, in [0,1], [N,C,H,W]. */
  readonly slope: Value;
  /** How far it may move before the box stops it, [N,C,H,W]. */
  readonly room: Value;
}

/** How pixels move as the multiplier λ, [N,1,1,1], grows. */
interface Rates {
  /**
   * Steps of Newton's method: the most that gradients of images needed where the boundary was within reach. Where they do not
   * suffice the move ends a little short of it.
   */
  readonly steps: number;
  /** How far each pixel would move without the box. */
  readonly paceOf: (multiplier: Value) => Value;
  /** What each pixel gains per unit of λ, [N,C,H,W]. */
  readonly speed: Value;
}

/** Moves of least norm that gain what is wanted or, where that is out of reach, as much as there is: → [N,C,H,W]. */
const moves: { readonly [N in NormName]: (task: Task) => Value } = {
  linf: (task) => steadily(task, { steps: 8, paceOf: (multiplier) => multiplier, speed: task.slope }),
  l2: (task) => {
    const { slope } = task;
    return steadily(task, { steps: 12, paceOf: (multiplier) => mul(multiplier, slope), speed: mul(slope, slope) });
  },
  l1: steepestFirst,
};

/**
 * The step of least norm from `images` (in [0,1]) to where the linearised function is 0, within the box: [N,C,H,W]. Where
 * the box holds no such point, the step to the corner where the function is nearest to 0 (Croce & Hein 2020, §2.2).
 */
export function stepToZero(images: Value, plane: Linearisation, { name }: Norm): Value {
  const { gradient } = plane;
  const here = valueAt(images, plane);
  const scale = maximum(largestPerSample(gradient), tiny);
  const unit = div(gradient, scale);
  const direction = mul(sign(unit), where(less(here, 0), 1, -1));
  const room = where(greater(direction, 0), sub(1, images), images);
  return mul(direction, moves[name]({ wanted: div(abs(here), scale), slope: abs(unit), room }));
}

/** The linearised function at other images: → [N,1,1,1]. */
export function valueAt(images: Value, { at, value, gradient }: Linearisation): Value {
  return add(besideImages(value), dotPerSample(gradient, sub(images, at)));
}

/** ⟨a, b⟩ of each sample, [N,1,1,1], in one pass: it is what these steps spend their time on. */
function dotPerSample(a: Value, b: Value): Value {
  return besideImages(asVector(reduceSum(reshape(mul(a, b), [0, -1]), [1])));
}

/**
 * Pixels move at their own rates until the box stops them: by min(pace, room), and pace grows with λ. What that gains is
 * concave and piecewise linear in λ, so that Newton's method from λ = 0 rises to the solution and is exact once it is on
 * the right piece. A sample that is there moves no more, so that it does not matter to it how long others take.
 */
function steadily(task: Task, rates: Rates): Value {
  const { wanted, room } = task;
  const { steps, paceOf } = rates;
  let multiplier = mul(wanted, 0);
  for (let step = 0; step < usualSteps; step++) multiplier = rise(multiplier, task, rates);
  const isOpen = and(isShort(multiplier, task, rates), less(multiplier, beyond));
  const more = onlyWhen(anyOf(asVector(isOpen)), { multiplier }, (values) =>
    repeat(scalarConstant(steps - usualSteps, 'int64'), values, (_, current) => ({
      multiplier: rise(current.multiplier, task, rates),
    })),
  );
  return minimum(paceOf(more.multiplier), room);
}

/** One step of Newton's method: a larger multiplier where it gains too little. */
function rise(multiplier: Value, task: Task, rates: Rates): Value {
  const { slope, room, wanted } = task;
  const { paceOf, speed } = rates;
  const pace = paceOf(multiplier);
  const missing = sub(wanted, dotPerSample(slope, minimum(pace, room)));
  const by = div(missing, maximum(dotPerSample(speed, hardMask(sub(room, pace))), tiny));
  return where(greater(missing, mul(wanted, precision)), minimum(add(multiplier, by), beyond), multiplier);
}

/** Whether a multiplier gains less than is wanted. */
function isShort(multiplier: Value, { slope, room, wanted }: Task, { paceOf }: Rates): Value {
  const gain = dotPerSample(slope, minimum(paceOf(multiplier), room));
  return greater(sub(wanted, gain), mul(wanted, precision));
}

/** Pixels move one after the other, the steepest first and all the way, until enough is gained; equal ones share. */
function steepestFirst({ wanted, slope, room }: Task): Value {
  const most = mul(slope, room);
  const gainAbove = (level: Value): Value => sumPerSample(where(greater(slope, level), most, 0));
  const none = mul(wanted, 0);
  const level = bisect(none, add(none, 1), (point) => greater(gainAbove(point), wanted));
  const isWhole = greater(slope, level);
  const rest = where(isWhole, 0, slope);
  const isNext = greaterOrEqual(rest, maximum(sub(largestPerSample(rest), resolution), tiny));
  const missing = sub(wanted, gainAbove(level));
  const share = clip(div(missing, maximum(sumPerSample(where(isNext, most, 0)), tiny)), 0, 1);
  return where(isWhole, room, where(isNext, mul(room, share), 0));
}
