import type { Vector } from './reference.ts';

// The attacks that look for the nearest adversarial image once more: for one image, in float64, as loops over numbers, in
// the order of the papers' pseudo-code. Each turn goes from what was seen at an iterate to the next one.

/** Keeps quotients finite where nothing has changed, or no unit is active. */
const tiny = 1e-12;

/** What is seen at an iterate. */
export interface Seen {
  readonly loss: number;
  readonly gradient: Vector;
  readonly broken: boolean;
}

export type ReferenceNorm = 'linf' | 'l2';

function lengthOf(x: Vector, norm: ReferenceNorm | 'l1' = 'l2'): number {
  if (norm === 'l2') return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  if (norm === 'l1') return x.reduce((sum, value) => sum + Math.abs(value), 0);
  return x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function inBox(x: Vector): Vector {
  return x.map((value) => Math.min(1, Math.max(0, value)));
}

function between(x: Vector, clean: Vector): Vector {
  return x.map((value, pixel) => value - (clean[pixel] ?? 0));
}

function plus(x: Vector, step: Vector, size = 1): Vector {
  return x.map((value, pixel) => value + size * (step[pixel] ?? 0));
}

function worst(clean: Vector, norm: ReferenceNorm): number {
  return lengthOf(
    clean.map((value) => Math.max(value, 1 - value)),
    norm,
  );
}

/** Cosine annealing to `last`. */
function annealed(first: number, last: number, step: number, steps: number): number {
  return last + 0.5 * (first - last) * (1 + Math.cos((step / steps) * Math.PI));
}

export interface DdnMemory {
  readonly x: Vector;
  readonly radius: number;
}

/** Algorithm 1 of Rony et al. 2019, with steps of length 1 at first and γ = 0.05. */
export function ddnTurn({ x, radius }: DdnMemory, seen: Seen, clean: Vector, step: number, steps: number): DdnMemory {
  const gradientLength = Math.max(lengthOf(seen.gradient), tiny);
  const size = annealed(1, 0.01, step, steps);
  const direction = plus(between(x, clean), seen.gradient, size / gradientLength);
  const next = Math.min(radius * (seen.broken ? 0.95 : 1.05), worst(clean, 'l2'));
  return { x: inBox(plus(clean, direction, next / Math.max(lengthOf(direction), tiny))), radius: next };
}

export interface FmnMemory {
  readonly x: Vector;
  readonly radius: number;
  /** Infinity until a sample has been broken. */
  readonly distance: number;
}

/** Algorithm 1 of Pintor et al. 2021, with steps of length 1 at first and γ from 0.05 to 0.001, reaching beyond the boundary by γ. */
export function fmnTurn(
  memory: FmnMemory,
  seen: Seen,
  clean: Vector,
  moment: { readonly step: number; readonly steps: number; readonly norm: ReferenceNorm },
): FmnMemory {
  const { step, steps, norm } = moment;
  const change = between(memory.x, clean);
  const size = lengthOf(change, norm);
  const share = annealed(0.05, 0.001, step, steps);
  let { radius, distance } = memory;
  if (seen.broken) {
    distance = Math.min(distance, size);
    radius = Math.min(radius * (1 - share), distance);
  } else if (distance < Number.POSITIVE_INFINITY) {
    radius *= 1 + share;
  } else {
    const boundary = Math.abs(seen.loss) / Math.max(lengthOf(seen.gradient, norm === 'linf' ? 'l1' : 'l2'), tiny);
    radius = (size + boundary) * (1 + share);
  }
  radius = Math.min(radius, worst(clean, norm));
  const moved = plus(change, seen.gradient, annealed(1, 0.01, step, steps) / Math.max(lengthOf(seen.gradient), tiny));
  const projected = moved.map((value) =>
    norm === 'linf'
      ? Math.max(-radius, Math.min(radius, value))
      : value * Math.min(1, radius / Math.max(lengthOf(moved), tiny)),
  );
  return { x: inBox(plus(clean, projected)), radius, distance };
}

export interface CwMemory {
  readonly w: Vector;
  readonly m: Vector;
  readonly v: Vector;
  readonly c: number;
  readonly lower: number;
  /** Infinity until a weight has worked. */
  readonly upper: number;
  readonly worked: boolean;
  /** Weights tried before this one, and steps made with it. */
  readonly tried: number;
  readonly made: number;
  /** The loss at the last check; Infinity before the first. */
  readonly previous: number;
}

export interface CwSearch {
  readonly steps: number;
  readonly stepSize: number;
  readonly abortEarly: boolean;
}

export function cwImage(w: Vector): Vector {
  return w.map((value) => (Math.tanh(value) + 1) / 2);
}

export function cwStart(clean: Vector, c: number): CwMemory {
  const zero = clean.map(() => 0);
  const w = clean.map((value) => Math.atanh((2 * value - 1) * 0.999999));
  const infinite = Number.POSITIVE_INFINITY;
  return { w, m: zero, v: zero, c, lower: 0, upper: infinite, worked: false, tried: 0, made: 0, previous: infinite };
}

/**
 * A step of Adam on §V-A of Carlini & Wagner 2017, and after the last with a weight the next one: after `steps`, or when a
 * check, one every tenth of them, finds the loss where it was, as in the authors' code.
 */
export function cwTurn(
  memory: CwMemory,
  seen: Seen,
  clean: Vector,
  { steps, stepSize, abortEarly }: CwSearch,
): CwMemory {
  const x = cwImage(memory.w);
  const worked = memory.worked || seen.broken;
  const t = memory.made + 1;
  const loss = lengthOf(between(x, clean)) ** 2 + memory.c * Math.max(0, -seen.loss);
  const isCheck = memory.made % Math.ceil(steps / 10) === 0;
  const stalls = abortEarly && isCheck && loss > 0.9999 * memory.previous;
  if (t === steps || stalls) {
    return { ...cwStart(clean, 0), ...nextWeight({ ...memory, worked }), tried: memory.tried + 1 };
  }
  const origin = cwImage(cwStart(clean, 0).w);
  const g = x.map((value, pixel) => {
    const pull = seen.loss < 0 ? memory.c * (seen.gradient[pixel] ?? 0) : 0;
    return (2 * (value - (origin[pixel] ?? 0)) - pull) * 0.5 * (1 - (2 * value - 1) ** 2);
  });
  const m = memory.m.map((value, pixel) => 0.9 * value + 0.1 * (g[pixel] ?? 0));
  const v = memory.v.map((value, pixel) => 0.999 * value + 0.001 * (g[pixel] ?? 0) ** 2);
  const w = memory.w.map((value, pixel) => {
    const [mean, square] = [(m[pixel] ?? 0) / (1 - 0.9 ** t), (v[pixel] ?? 0) / (1 - 0.999 ** t)];
    return value - (stepSize * mean) / (Math.sqrt(square) + 1e-8);
  });
  return { ...memory, w, m, v, worked, made: t, previous: isCheck ? loss : memory.previous };
}

function nextWeight({ c, lower, upper, worked }: CwMemory): Pick<CwMemory, 'c' | 'lower' | 'upper'> {
  const high = worked ? Math.min(upper, c) : upper;
  const low = worked ? lower : Math.max(lower, c);
  return { lower: low, upper: high, c: high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 10 * c };
}
