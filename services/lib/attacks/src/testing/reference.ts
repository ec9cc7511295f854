import type { NormName } from '../norms/norm.ts';
import { nearestInL1, sparseDirection } from './reference-l1.ts';
import { type ToyWeights, toyPixels } from './toy-encoder.ts';

// PGD and Auto-PGD once more: for one image, in float64, as loops over numbers, in the order of the papers' pseudo-code.

export type Vector = readonly number[];

export interface ReferenceBall {
  readonly norm: NormName;
  readonly radius: number;
  readonly epsilon: number;
}

/** The toy perceptron at one image: its logits, and the gradient of Σ seed_k · z_k by the chain rule. */
export function perceptronAt({ first, bias, second, classes }: ToyWeights, x: Vector) {
  const hidden = bias.length;
  const before = Array.from(bias, (offset, unit) =>
    x.reduce((sum, value, pixel) => sum + value * (first[unit * toyPixels + pixel] ?? 0), offset),
  );
  const features = before.map((value) => Math.max(0, value));
  const logits = Array.from({ length: classes }, (_, k) =>
    features.reduce((sum, value, unit) => sum + value * (second[k * hidden + unit] ?? 0), 0),
  );
  const gradientOf = (seed: Vector): Vector => {
    const back = before.map((value, unit) =>
      value > 0 ? seed.reduce((sum, each, k) => sum + each * (second[k * hidden + unit] ?? 0), 0) : 0,
    );
    return x.map((_, pixel) =>
      back.reduce((sum, each, unit) => sum + each * (first[unit * toyPixels + pixel] ?? 0), 0),
    );
  };
  return { logits, gradientOf };
}

/** Cross-entropy of the toy perceptron at one image, and its gradient. */
export function crossEntropyAt(weights: ToyWeights, x: Vector, label: number) {
  const { logits, gradientOf } = perceptronAt(weights, x);
  const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
  const error = logits.map((value, k) => Math.exp(value - total) - (k === label ? 1 : 0));
  return { loss: total - (logits[label] ?? 0), gradient: gradientOf(error) };
}

/** Largest other logit minus that of the label, at one image, and its gradient. */
export function marginAt(weights: ToyWeights, x: Vector, label: number) {
  const { logits, gradientOf } = perceptronAt(weights, x);
  const others = logits.map((value, k) => (k === label ? Number.NEGATIVE_INFINITY : value));
  const rival = others.indexOf(Math.max(...others));
  const seed = logits.map((_, k) => (k === rival ? 1 : 0) - (k === label ? 1 : 0));
  return { loss: (logits[rival] ?? 0) - (logits[label] ?? 0), gradient: gradientOf(seed) };
}

/** The ball first, then the box; in L1 both at once. */
export function project(x: Vector, clean: Vector, { norm, radius }: ReferenceBall): Vector {
  if (norm === 'l1') return nearestInL1(x, clean, radius);
  const change = x.map((value, pixel) => value - (clean[pixel] ?? 0));
  const length = Math.hypot(...change);
  const inBall = change.map((value) =>
    norm === 'linf' ? Math.max(-radius, Math.min(radius, value)) : value * Math.min(1, radius / length),
  );
  return inBall.map((value, pixel) => Math.max(0, Math.min(1, (clean[pixel] ?? 0) + value)));
}

/** Share of the values that a step of PGD in L1 changes. */
const changedShare = 0.01;

export function direction(gradient: Vector, norm: NormName): Vector {
  if (norm === 'l1') return sparseDirection(gradient, Math.ceil(changedShare * gradient.length));
  const length = Math.hypot(...gradient);
  return gradient.map((value) => (norm === 'linf' ? Math.sign(value) : value / (length + 1e-12)));
}

function along(x: Vector, step: Vector, size: number): Vector {
  return x.map((value, pixel) => value + size * (step[pixel] ?? 0));
}

export function pgdStep(x: Vector, clean: Vector, gradient: Vector, stepSize: number, ball: ReferenceBall): Vector {
  return project(along(x, direction(gradient, ball.norm), stepSize), clean, ball);
}

/** What Auto-PGD remembers, and the counters of its loop. */
export interface ApgdMemory {
  readonly x: Vector;
  readonly previous: Vector;
  readonly best: Vector;
  readonly bestGradient: Vector;
  readonly bestLoss: number;
  readonly stepSize: number;
  /** Losses at the iterates so far. */
  readonly losses: readonly number[];
  /** Steps since the last checkpoint, and how many there are between it and the next. */
  readonly since: number;
  readonly interval: number;
  readonly halvedBefore: boolean;
  readonly bestLossBefore: number;
}

export function apgdStart(x: Vector, steps: number, { epsilon }: ReferenceBall): ApgdMemory {
  return {
    x,
    previous: x,
    best: x,
    bestGradient: x.map(() => 0),
    bestLoss: Number.NEGATIVE_INFINITY,
    stepSize: 2 * epsilon,
    losses: [],
    since: 0,
    interval: Math.max(Math.floor(0.22 * steps), 1),
    halvedBefore: true,
    bestLossBefore: Number.POSITIVE_INFINITY,
  };
}

/** One turn of Algorithm 1 of Croce & Hein 2020, from having seen loss and gradient at `x` to the next iterate. */
export function apgdTurn(
  memory: ApgdMemory,
  seen: { readonly loss: number; readonly gradient: Vector },
  clean: Vector,
  steps: number,
  ball: ReferenceBall,
): ApgdMemory {
  let { x, best, bestGradient, bestLoss, stepSize, since, interval, halvedBefore, bestLossBefore } = memory;
  let gradient = seen.gradient;
  const losses = [...memory.losses, seen.loss];
  if (seen.loss > bestLoss) {
    best = x;
    bestGradient = gradient;
    bestLoss = seen.loss;
  }
  if (since === interval) {
    const raised = losses.slice(-interval).filter((loss, step) => loss > (losses.at(step - interval - 1) ?? 0)).length;
    const tooFew = raised <= 0.75 * interval;
    const unchanged = !halvedBefore && bestLossBefore >= bestLoss;
    halvedBefore = tooFew || unchanged;
    bestLossBefore = bestLoss;
    if (halvedBefore) {
      stepSize /= 2;
      x = best;
      gradient = bestGradient;
    }
    since = 0;
    interval = Math.max(interval - Math.max(Math.floor(0.03 * steps), 1), Math.max(Math.floor(0.06 * steps), 1));
  }
  const plain = project(along(x, direction(gradient, ball.norm), stepSize), clean, ball);
  const share = losses.length === 1 ? 1 : 0.75;
  const mixed = x.map(
    (value, pixel) =>
      value + share * ((plain[pixel] ?? 0) - value) + (1 - share) * (value - (memory.previous[pixel] ?? 0)),
  );
  return {
    x: project(mixed, clean, ball),
    previous: x,
    best,
    bestGradient,
    bestLoss,
    stepSize,
    losses,
    since: since + 1,
    interval,
    halvedBefore,
    bestLossBefore,
  };
}
