/** Steps between two looks at who is broken: few at first, when most samples of a weak encoder break, then more. */
const firstGap = 1;
const largestGap = 8;

/**
 * After how many steps the driver looks whether samples have broken and may leave, the last one included. It depends on
 * nothing but the number of steps, so that confirmations by fresh draws come at the same steps in every run.
 */
export function looksOf(steps: number): readonly number[] {
  const looks: number[] = [];
  let gap = firstGap;
  for (let at = gap; at < steps; at += gap) {
    looks.push(at);
    gap = Math.min(2 * gap, largestGap);
  }
  return [...looks, steps];
}
