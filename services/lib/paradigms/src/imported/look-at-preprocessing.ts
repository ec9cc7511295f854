import { createGraph, differentiate, input } from '@parallax/graph';
import { createDraws, fillDraws } from '@parallax/objectives';
import type { Engine } from '@parallax/runtime';
import { createTensor, elementCount, type Tensor, uniform } from '@parallax/tensor';
import type { Preprocessing } from './preprocessing.ts';

/** Images looked at. */
const images = 4;
/** How far outside [0, 1] rounding alone may put a pixel. */
const rounding = 1e-6;

/**
 * Runs a preprocessing on random images and says what is to be known of it: pixels outside [0, 1], how far it is from an
 * identity that gradients take it for, and a gradient that says nothing.
 */
export async function describePreprocessing(preprocessing: Preprocessing, engine: Engine): Promise<readonly string[]> {
  const { shape, provenance } = preprocessing;
  const x = input('images', ['N', ...shape]);
  const draws = createDraws();
  const y = preprocessing.apply(x, draws.draw);
  const seed = input('seed', y.shape);
  const [gradient = x] = differentiate(y, [x], seed);
  const executable = await engine.compile(createGraph([x, seed, ...draws.inputs], { y, gradient }));
  try {
    const fed = { images: noise(shape), seed: noise(y.shape.slice(1).map(Number)) };
    const drawn = fillDraws(draws.specs, { seed: 0, sampleIds: [...Array(images).keys()] });
    const found = await executable.run({ ...drawn, ...fed });
    const [seen, slope] = [numbers(found['y']), numbers(found['gradient'])];
    return [
      ...describeRange(seen),
      ...(provenance.gradient === 'identity' ? [describeDistance(seen, fed.images.data)] : describeSlope(slope)),
    ];
  } finally {
    await executable.close();
  }
}

function noise(shape: readonly number[]): Tensor<'float32'> {
  const dims = [images, ...shape];
  return createTensor('float32', dims, uniform({ seed: 0, purpose: 'import.images' }, elementCount(dims)));
}

function numbers(tensor: Tensor | undefined): ArrayLike<number> {
  return (tensor?.data ?? []) as ArrayLike<number>;
}

function describeRange(seen: ArrayLike<number>): readonly string[] {
  const lowest = most(seen, (value) => -value);
  const highest = most(seen, (value) => value);
  if (lowest <= rounding && highest <= 1 + rounding) return [];
  const range = `from ${(-lowest).toPrecision(3)} to ${highest.toPrecision(3)}`;
  return [
    `the preprocessing makes numbers ${range} of random images in [0, 1]; what is normalised is in [0, 1] usually`,
  ];
}

function describeDistance(seen: ArrayLike<number>, given: ArrayLike<number>): string {
  const distance = most(seen, (value, index) => Math.abs(value - (given[index] ?? 0)));
  return `gradients take the preprocessing for the identity; it changes random images by up to ${distance.toPrecision(2)}`;
}

function describeSlope(slope: ArrayLike<number>): readonly string[] {
  if (most(slope, Math.abs) > 0) return [];
  return [
    'the gradient of the preprocessing is 0 for all random images: attacks that follow it find nothing; name identity or a surrogate',
  ];
}

function most(values: ArrayLike<number>, measure: (value: number, index: number) => number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, measure(values[index] ?? 0, index));
  return largest;
}
