/** How a function of one number changes around 0, for each entry of its result. */
export interface Slopes {
  /** Values at 0. */
  readonly values: Float64Array;
  /** Derivatives at 0, by the fourth-order central difference. */
  readonly derivatives: Float64Array;
  /** 1 where a kink lies within two steps of 0, so that the difference says nothing of the derivative. */
  readonly kinked: Uint8Array;
  /** Error of the derivatives that the rounding of the values explains. */
  readonly rounding: number;
}

/** How finely a function is looked at. */
export interface Resolution {
  /** Distance between the points. */
  readonly step: number;
  /** Unevenness of slopes, relative to the slopes, that makes a kink. */
  readonly roughness: number;
  /** Relative rounding error of the values. */
  readonly epsilon: number;
}

/**
 * f'(0) ≈ (8·(f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h, and whether f is smooth in between.
 *
 * The slopes of the four steps of a smooth function change evenly: their second differences are h²·f‴. At a kink one
 * slope jumps. An entry whose second differences exceed `roughness` times the slopes, and what rounding explains, is
 * kinked; so is one that is no number. The verdict rests on values alone, so a wrong gradient cannot pass for a kink.
 */
export async function slopesAlong(
  f: (offset: number) => Promise<Float64Array>,
  { step, roughness, epsilon }: Resolution,
): Promise<Slopes> {
  const lines: Float64Array[] = [];
  for (const count of [-2, -1, 0, 1, 2]) lines.push(await f(count * step));
  const [y0, y1, y2, y3, y4] = lines as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const typical = rootMeanSquare(y3.map((value, index) => (value - (y1[index] ?? 0)) / (2 * step)));
  const rounding = (roundings * epsilon * rootMeanSquare(y2)) / step;
  const kinked = new Uint8Array(y2.length);
  const derivatives = y2.map((middle, index) => {
    const [a = 0, b = 0, c = 0, d = 0] = [y0[index], y1[index], y3[index], y4[index]];
    const derivative = (8 * (c - b) - (d - a)) / (12 * step);
    const [first, second, third] = [middle - 2 * b + a, c - 2 * middle + b, d - 2 * c + middle];
    const unevenness = Math.max(Math.abs(second - first), Math.abs(third - second)) / step;
    const isSmooth = unevenness <= roughness * Math.max(typical, Math.abs(derivative)) + rounding;
    kinked[index] = isSmooth ? 0 : 1;
    return isSmooth ? derivative : 0;
  });
  return { values: y2, derivatives, kinked, rounding };
}

/** Rounding errors that the values of a deep network may carry, in units of the last place. */
const roundings = 16;

/** √(mean of squares); 0 of nothing. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] as number) ** 2;
  return values.length === 0 ? 0 : Math.sqrt(sum / values.length);
}
