import type { Initializer } from '../model/parameters.ts';

/** The longest wave is this many times 2π patches long (Vaswani et al. 2017). */
const longestWave = 10_000;

/**
 * What position embeddings begin as: for each patch of a `side` × `side` grid, sines and cosines of its column and its
 * row at falling frequencies, a quarter of `width` each (He et al. 2022); rows of 0 for `before` other tokens come first.
 * Embeddings that begin small and random have to learn first which patches are neighbours.
 */
export function sinusoidalPositions(side: number, width: number, before = 0): Initializer {
  const quarter = width / 4;
  const values = new Float32Array((before + side * side) * width);
  for (let patch = 0; patch < side * side; patch++) {
    for (let wave = 0; wave < quarter; wave++) {
      const frequency = longestWave ** (-wave / quarter);
      const [column, row] = [(patch % side) * frequency, Math.floor(patch / side) * frequency];
      const start = (before + patch) * width + wave;
      values[start] = Math.sin(column);
      values[start + quarter] = Math.cos(column);
      values[start + 2 * quarter] = Math.sin(row);
      values[start + 3 * quarter] = Math.cos(row);
    }
  }
  return { law: 'table', values };
}
