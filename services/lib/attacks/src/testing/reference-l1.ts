import type { Vector } from './reference.ts';

// The L1 ball and the attacks in it once more, for one image in float64, with sorting where the graphs bisect.

/**
 * The point of L1 ball and box nearest to an image (Croce & Hein 2021, Proposition 2.1): every change is made smaller by one
 * number λ and clipped to the box. The sum of the changes is linear in λ between the points where a change reaches 0 or
 * leaves the edge of the box; these are gone through in rising order.
 */
export function nearestInL1(image: Vector, clean: Vector, radius: number): Vector {
  const change = image.map((value, pixel) => value - (clean[pixel] ?? 0));
  const room = change.map((each, pixel) => (each > 0 ? 1 - (clean[pixel] ?? 0) : (clean[pixel] ?? 0)));
  const shrunk = (by: number): Vector =>
    change.map((each, pixel) => Math.min(room[pixel] ?? 0, Math.max(0, Math.abs(each) - by)));
  const sum = (values: Vector): number => values.reduce((total, each) => total + each, 0);
  const points = change
    .flatMap((each, pixel) => [Math.abs(each), Math.abs(each) - (room[pixel] ?? 0)])
    .filter((point) => point > 0)
    .sort((a, b) => a - b);
  let by = 0;
  if (sum(shrunk(0)) > radius) {
    let low = 0;
    for (const high of points) {
      const [above, below] = [sum(shrunk(low)), sum(shrunk(high))];
      if (below <= radius) {
        by = low + ((above - radius) / (above - below)) * (high - low);
        break;
      }
      low = high;
    }
  }
  const magnitudes = shrunk(by);
  return change.map((each, pixel) => (clean[pixel] ?? 0) + Math.sign(each) * (magnitudes[pixel] ?? 0));
}

/** The signs of the `count` largest entries of a gradient, and of those that tie with the last, scaled to sum 1. */
export function sparseDirection(gradient: Vector, count: number): Vector {
  const falling = gradient.map(Math.abs).sort((a, b) => b - a);
  const least = falling[count - 1] ?? 0;
  const signs = gradient.map((value) => (Math.abs(value) >= least ? Math.sign(value) : 0));
  const changed = signs.reduce((sum, value) => sum + Math.abs(value), 0);
  return signs.map((value) => value / Math.max(1, changed));
}

/** What Auto-PGD in L1 remembers within a phase. */
export interface ApgdL1Memory {
  readonly x: Vector;
  readonly best: Vector;
  readonly bestGradient: Vector;
  readonly bestLoss: number;
  readonly stepSize: number;
  readonly count: number;
  /** L0 norm of the best image's change at the last checkpoint. */
  readonly sparsity: number;
  /** Iterates looked at in this phase. */
  readonly looks: number;
}

interface Phase {
  readonly radius: number;
  readonly steps: number;
}

function changedValues(x: Vector, clean: Vector): number {
  return x.filter((value, pixel) => value !== clean[pixel]).length;
}

/** The beginning of a phase at an image that is the best of the one before. */
export function apgdL1Enter(x: Vector, clean: Vector, { radius }: Pick<Phase, 'radius'>): ApgdL1Memory {
  const sparsity = changedValues(x, clean);
  const count = Math.max(1, Math.ceil((2 * sparsity) / 3));
  return { x, best: x, bestGradient: x.map(() => 0), bestLoss: -Infinity, stepSize: radius, count, sparsity, looks: 0 };
}

/** One turn of Algorithm 1 of Croce & Hein 2021, from having seen loss and gradient at `x` to the next iterate. */
export function apgdL1Turn(
  memory: ApgdL1Memory,
  seen: { readonly loss: number; readonly gradient: Vector },
  clean: Vector,
  { radius, steps }: Phase,
): ApgdL1Memory {
  let { x, best, bestGradient, bestLoss, stepSize, count, sparsity } = memory;
  let { gradient } = seen;
  if (seen.loss > bestLoss) {
    best = x;
    bestGradient = gradient;
    bestLoss = seen.loss;
  }
  const interval = Math.max(1, Math.floor(0.04 * steps));
  if (memory.looks > 0 && memory.looks % interval === 0) {
    const now = changedValues(best, clean);
    if (now / sparsity < 0.95) {
      stepSize = radius;
      x = best;
      gradient = bestGradient;
    } else {
      stepSize = Math.max(stepSize / 1.5, radius / 10);
    }
    count = Math.max(1, Math.ceil((2 * now) / 3));
    sparsity = now;
  }
  const direction = sparseDirection(gradient, count);
  const moved = x.map((value, pixel) => value + stepSize * (direction[pixel] ?? 0));
  return {
    x: nearestInL1(moved, clean, radius),
    best,
    bestGradient,
    bestLoss,
    stepSize,
    count,
    sparsity,
    looks: memory.looks + 1,
  };
}
