/**
 * The pattern that Square adds to a window in L2 (`power` 2) and L1 (1): two bumps of opposite sign, one above the other,
 * each falling off from its middle in nested squares (equation 1 of Andriushchenko et al. 2020). Row-major [side, side]; the
 * sum of this power of magnitudes is 1.
 */
export function bumps(side: number, power: 1 | 2): Float32Array {
  const upper = Math.floor(side / 2);
  const halves = [upper, side - upper].map((height) => unit(bump(height, side, falloff[power]), power));
  return Float32Array.from(unit([...(halves[0] ?? []), ...(halves[1] ?? []).map((value) => -value)], power));
}

/** The square of radius k around the middle of a bump counts 1/(k + 1) to this power. In L1 bumps are steeper. */
const falloff = { 2: 2, 1: 4 };

/** Every square is added that has a part in the rectangle. */
function bump(height: number, width: number, steepness: number): readonly number[] {
  const [middleRow, middleColumn] = [Math.floor(height / 2), Math.floor(width / 2)];
  const outermost = Math.max(middleRow, middleColumn);
  return Array.from({ length: height * width }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    let value = 0;
    for (let k = Math.max(Math.abs(row - middleRow), Math.abs(column - middleColumn)); k <= outermost; k++) {
      value += 1 / (k + 1) ** steepness;
    }
    return value;
  });
}

/** Nothing stays nothing. */
function unit(values: readonly number[], power: 1 | 2): readonly number[] {
  const length = values.reduce((sum, value) => sum + Math.abs(value) ** power, 0) ** (1 / power);
  return length === 0 ? values : values.map((value) => value / length);
}
