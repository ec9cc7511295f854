/** Share of a phase between two checkpoints of Auto-PGD in L1. */
const interval = 0.04;

/** Shares of the steps and multiples of the radius of the first two phases; what steps are left go to the ball itself. */
const wideShare = 0.3;
const wideRadii = [3, 2];

export interface ApgdL1Schedule {
  /** Looks that lead to an update. */
  readonly steps: number;
  /** By number of updates made before: the multiple of the radius that the ball has for the images to be made. */
  readonly radius: readonly number[];
  /** 1 where the iterate that has been looked at is a checkpoint, else 0. */
  readonly isCheckpoint: readonly number[];
}

/** The least number of steps that three phases can share. */
export const leastStepsInPhases = 5;

/**
 * Phases of Auto-PGD in L1: one in the ball itself or, with `wide`, two in larger balls before it. The iterates of a phase
 * are all looked at, so that each phase but the last takes one update more than it has steps: that to the next.
 */
export function apgdL1Schedule(steps: number, wide: boolean): ApgdL1Schedule {
  const each = Math.ceil(wideShare * steps);
  const phases = wide
    ? [...wideRadii.map((radius) => ({ radius, length: each })), { radius: 1, length: steps - 2 * each }]
    : [{ radius: 1, length: steps }];
  const radius = phases.flatMap(({ radius: own, length }, index) => [
    ...Array<number>(length).fill(own),
    ...phases.slice(index + 1, index + 2).map((next) => next.radius),
  ]);
  const isCheckpoint = phases.flatMap(({ length }, index) => {
    const gap = Math.max(1, Math.floor(interval * length));
    const looks = index + 1 < phases.length ? length + 1 : length;
    return Array.from({ length: looks }, (_, look) => (look > 0 && look % gap === 0 ? 1 : 0));
  });
  return { steps: radius.length, radius, isCheckpoint };
}
