/** Checkpoints of Auto-PGD for a number of steps, by fractions of it (Croce & Hein 2020, §3). */
const firstInterval = 0.22;
const shrinkage = 0.03;
const leastInterval = 0.06;

/** Share of an interval's steps that must have raised the loss for the step size to stay. */
const raisingShare = 0.75;

export interface ApgdSchedule {
  /** By number of steps taken: 1 where the iterate reached is a checkpoint, else 0. */
  readonly isCheckpoint: readonly number[];
  /** At checkpoints: the step size is halved unless more steps than this raised the loss since the last one; else 0. */
  readonly threshold: readonly number[];
}

/** Entries 0 … steps - 1. */
export function apgdSchedule(steps: number): ApgdSchedule {
  const isCheckpoint = Array<number>(steps).fill(0);
  const threshold = Array<number>(steps).fill(0);
  const least = Math.max(1, Math.floor(leastInterval * steps));
  const shrink = Math.max(1, Math.floor(shrinkage * steps));
  let interval = Math.max(1, Math.floor(firstInterval * steps));
  for (let at = interval; at < steps; at += interval) {
    isCheckpoint[at] = 1;
    threshold[at] = raisingShare * interval;
    interval = Math.max(interval - shrink, least);
  }
  return { isCheckpoint, threshold };
}
