/** Steps between two looks at who is broken: few at first, when most samples of a weak encoder break, then more. */
const firstGap = 1;
const usualGap = 8;

/** After many steps the gap is this share of them, so that a broken sample waits for little of what it has cost. */
const shareOfSteps = 1 / 16;

/**
 * After how many steps the driver looks whether samples have broken and may leave, the last one included. It depends on
 * nothing but the number of steps, so that confirmations by fresh draws come at the same steps in every run.
 */
export function looksOf(steps: number): readonly number[] {
  const looks: number[] = [];
  let gap = firstGap;
  for (let at = gap; at < steps; at += gap) {
    looks.push(at);
    gap = Math.min(2 * gap, Math.max(usualGap, Math.floor(shareOfSteps * at)));
  }
  return [...looks, steps];
}
