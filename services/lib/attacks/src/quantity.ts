const number = '[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?';
const quantity = new RegExp(`^\\s*(${number})\\s*(?:/\\s*(${number})\\s*)?$`);

/** Reads a number or an exact fraction such as `8/255`; undefined when the text is neither, or not finite. */
export function parseQuantity(given: number | string): number | undefined {
  if (typeof given === 'number') return Number.isFinite(given) ? given : undefined;
  const match = quantity.exec(given);
  if (match === null) return undefined;
  const value = Number(match[1]) / Number(match[2] ?? 1);
  return Number.isFinite(value) ? value : undefined;
}
