import { constant, type Value } from '@parallax/graph';
import { elementCount, float32, normal } from '@parallax/tensor';

/** Weights of a toy model: normal numbers of deviation 0.3, others for every purpose. */
export function randomWeight(purpose: string, dims: readonly number[]): Value {
  const values = normal({ seed: 2, purpose }, elementCount(dims)).map((value) => value * 0.3);
  return constant(float32(dims, values));
}
