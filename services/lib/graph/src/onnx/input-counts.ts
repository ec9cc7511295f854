/** How many inputs an operator has when none is left out, for those that have optional ones at the end. */
const counts: Readonly<Record<string, number>> = {
  Clip: 3,
  Conv: 3,
  ConvTranspose: 3,
  DequantizeLinear: 3,
  Gemm: 3,
  LayerNormalization: 3,
  MatMulInteger: 4,
  Pad: 4,
  QuantizeLinear: 3,
  Resize: 4,
  Slice: 5,
};

/** Inputs with `null` for every optional one that is left off at the end. */
export function allInputs<T>(op: string, given: readonly T[]): readonly (T | null)[] {
  const count = op.startsWith('Reduce') ? 2 : (counts[op] ?? 0);
  return [...given, ...Array<null>(Math.max(0, count - given.length)).fill(null)];
}
