/** Values that fall from `first` toward `last` along half a cosine, one for each of `steps` steps. */
export function cosineSchedule(first: number, last: number, steps: number): readonly number[] {
  return Array.from(
    { length: steps },
    (_, step) => last + ((first - last) * (1 + Math.cos((Math.PI * step) / steps))) / 2,
  );
}
