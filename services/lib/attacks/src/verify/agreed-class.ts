/** What a sample is, and what it is to be taken for. */
export interface Wanted {
  readonly label: number | undefined;
  /** Where the caller aims at a class. */
  readonly target?: number | undefined;
}

/**
 * One class for what the heads of several encoders say about an image: the label where any says so, as the image is not
 * broken while any head is right; the target where all say so; else the first that is not the target. So the image
 * misleads, or reaches its target, where it does with every head. One head speaks for itself.
 */
export function agreedClass(classes: readonly number[], { label, target }: Wanted): number {
  const [first, ...others] = classes;
  if (first === undefined) throw new RangeError('heads: expected at least one class, got none');
  if (others.length === 0) return first;
  if (label !== undefined && classes.includes(label)) return label;
  return classes.find((each) => each !== target) ?? first;
}
