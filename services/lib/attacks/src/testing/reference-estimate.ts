import { direction, project, type ReferenceBall, type Vector } from './reference.ts';

// NES and SPSA once more: for one image, in float64.

/** The objective a little way along a direction, and as far the other way. */
export interface Slope {
  readonly direction: Vector;
  readonly forward: number;
  readonly backward: number;
}

export interface EstimateMemory {
  readonly x: Vector;
  /** Of Adam, whose moments are not corrected yet. */
  readonly mean: Vector;
  readonly square: Vector;
  readonly moves: number;
}

interface EstimateSetting {
  readonly clean: Vector;
  readonly delta: number;
  readonly stepSize: number;
  readonly ball: ReferenceBall;
}

/** The mean of the directions by the slopes along them. */
function estimate(slopes: readonly Slope[], delta: number): Vector {
  const [first] = slopes;
  return (first?.direction ?? []).map((_, pixel) => {
    const terms = slopes.map(
      ({ direction: way, forward, backward }) => ((forward - backward) / (2 * delta)) * (way[pixel] ?? 0),
    );
    return terms.reduce((sum, term) => sum + term, 0) / slopes.length;
  });
}

/** A move of Ilyas et al. 2018: along the estimate, by its sign in Linf. */
export function nesMove(memory: EstimateMemory, slopes: readonly Slope[], setting: EstimateSetting): EstimateMemory {
  const { clean, delta, stepSize, ball } = setting;
  const way = direction(estimate(slopes, delta), ball.norm);
  const x = memory.x.map((value, pixel) => value + stepSize * (way[pixel] ?? 0));
  return { ...memory, x: project(x, clean, ball), moves: memory.moves + 1 };
}

/** A move of Uesato et al. 2018: Adam (Kingma & Ba 2015, Algorithm 1) up the estimate, then projected. */
export function spsaMove(memory: EstimateMemory, slopes: readonly Slope[], setting: EstimateSetting): EstimateMemory {
  const { clean, delta, stepSize, ball } = setting;
  const gradient = estimate(slopes, delta);
  const moves = memory.moves + 1;
  const mean = memory.mean.map((value, pixel) => 0.9 * value + 0.1 * (gradient[pixel] ?? 0));
  const square = memory.square.map((value, pixel) => 0.999 * value + 0.001 * (gradient[pixel] ?? 0) ** 2);
  const x = memory.x.map((value, pixel) => {
    const corrected = (mean[pixel] ?? 0) / (1 - 0.9 ** moves);
    return value + (stepSize * corrected) / (Math.sqrt((square[pixel] ?? 0) / (1 - 0.999 ** moves)) + 1e-8);
  });
  return { x: project(x, clean, ball), mean, square, moves };
}
