import { type Dim, input, type Value } from '@parallax/graph';
import { type BatchKey, normalBatch, type Tensor, uniformBatch } from '@parallax/tensor';

export type Law = 'uniform' | 'normal';

/**
 * Randomness is an input of the graph: asking for a draw declares an input [N, ...dims] that whoever runs the graph fills,
 * sample by sample, from the counter-based generator. Uniform numbers are in [0, 1), normal ones standard.
 */
export type Draw = (purpose: string, law: Law, dims: readonly number[]) => Value;

/** One declared draw. Asking twice for one purpose gives two independent draws, told apart by their purpose. */
export interface DrawSpec {
  /** The name of the graph input. */
  readonly name: string;
  readonly purpose: string;
  readonly law: Law;
  readonly dims: readonly number[];
}

export interface Draws {
  readonly draw: Draw;
  /** What has been asked for so far, in order. */
  readonly specs: readonly DrawSpec[];
  /** The graph inputs of {@link specs}. */
  readonly inputs: readonly Value[];
}

/** Records the draws that a traced function asks for. `batch` is the length of the leading axis. */
export function createDraws(batch: Dim = 'N'): Draws {
  const specs: DrawSpec[] = [];
  const inputs: Value[] = [];
  const counts = new Map<string, number>();
  const draw: Draw = (base, law, dims) => {
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const purpose = count === 0 ? base : `${base}.${count}`;
    const spec = { name: `draw.${purpose}`, purpose, law, dims };
    const value = input(spec.name, [batch, ...dims]);
    specs.push(spec);
    inputs.push(value);
    return value;
  };
  return { draw, specs, inputs };
}

/** Fills one declared draw for a batch: row i depends on `sampleIds[i]` and the key, and on nothing else. */
export function fillDraw(spec: DrawSpec, key: Omit<BatchKey, 'purpose'>, sampleIds: ArrayLike<number>): Tensor<'float32'> {
  const fill = spec.law === 'uniform' ? uniformBatch : normalBatch;
  return fill({ ...key, purpose: spec.purpose }, sampleIds, spec.dims);
}
