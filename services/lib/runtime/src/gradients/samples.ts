import { type Dim, input, type Shape, type Value } from '@parallax/graph';
import { allocate, createTensor, elementCount, permutation, type Tensor, uniform } from '@parallax/tensor';

/** The length that every symbolic dimension takes in a check. */
const symbolicLength = 3;

export type Precision = 'float32' | 'float64';

/** One input of a function under test: its shape, and the domain its values are drawn from. */
export interface Sample {
  readonly shape: Shape;
  readonly draw: (length: number, purpose: string) => ArrayLike<number>;
}

/** Uniform in [low, high). */
export function within(shape: Shape, low = -1, high = 1): Sample {
  const draw = (length: number, purpose: string): ArrayLike<number> =>
    uniform({ seed: 1, purpose }, length).map((unit) => low + (high - low) * unit);
  return { shape, draw };
}

/** Odd multiples of 0.05 around 0, each once, in random order: none is near another, near 0 or near an integer. */
export function apart(shape: Shape): Sample {
  const draw = (length: number, purpose: string): ArrayLike<number> =>
    Float64Array.from(permutation({ seed: 1, purpose }, length), (place) => 0.1 * (place - (length >> 1)) + 0.05);
  return { shape, draw };
}

/** Exactly these values, in row-major order. */
export function exactly(shape: Shape, values: readonly number[]): Sample {
  return { shape, draw: () => values };
}

/** A shape with every symbol replaced by {@link symbolicLength}; products such as `2*N` are multiplied out. */
export function sampledDims(shape: Shape): readonly number[] {
  return shape.map((dim: Dim) =>
    `${dim}`.split('*').reduce((product, part) => product * (/^\d+$/.test(part) ? Number(part) : symbolicLength), 1),
  );
}

/** The values of a sample as a tensor; the same every time for the same purpose. */
export function sampledTensor({ shape, draw }: Sample, purpose: string, precision: Precision): Tensor {
  const dims = sampledDims(shape);
  const data = allocate(precision, elementCount(dims));
  data.set(draw(data.length, purpose));
  return createTensor(precision, dims, data);
}

/** The graph input that a sample is fed to. */
export function sampledInput({ shape }: Sample, name: string, precision: Precision): Value {
  return input(name, shape, precision);
}
