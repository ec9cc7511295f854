import {
  abs,
  add,
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
  reshape,
  sign,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import { bisect } from '../norms/bisect.ts';
import type { Norm, NormName } from '../norms/norm.ts';
import { asVector, besideImages, largestPerSample, sumPerSample } from '../norms/per-sample.ts';

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
  const direction = mul(div(gradient, scale), where(less(here, 0), 1, -1));
  const room = where(greater(direction, 0), sub(1, images), images);
  return mul(sign(direction), moves[name]({ wanted: div(abs(here), scale), slope: abs(direction), room }));
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
 * the right piece.
 */
function steadily({ wanted, slope, room }: Task, { steps, paceOf, speed }: Rates): Value {
  let multiplier = mul(wanted, 0);
  for (let step = 0; step < steps; step++) {
    const pace = paceOf(multiplier);
    const missing = sub(wanted, dotPerSample(slope, minimum(pace, room)));
    const rise = div(missing, maximum(dotPerSample(speed, hardMask(sub(room, pace))), tiny));
    // Rounding must not take it back to where it came from.
    multiplier = clip(add(multiplier, maximum(rise, 0)), 0, beyond);
  }
  return minimum(paceOf(multiplier), room);
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
