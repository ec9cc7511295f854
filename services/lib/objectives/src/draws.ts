import { type Dim, input, type Value } from '@parallax/graph';
import { type BatchKey, concatBatch, normalBatch, type Tensor, uniformBatch } from '@parallax/tensor';

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

export interface DrawRecord {
  readonly draw: Draw;
  /** What has been asked for so far, in order. */
  readonly specs: readonly DrawSpec[];
}

export interface Draws extends DrawRecord {
  /** The graph inputs of {@link specs}. */
  readonly inputs: readonly Value[];
}

/** Records the draws that a traced function asks for; `place` says what it gets for each. */
export function recordDraws(place: (spec: DrawSpec) => Value): DrawRecord {
  const specs: DrawSpec[] = [];
  const counts = new Map<string, number>();
  const draw: Draw = (base, law, dims) => {
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const purpose = count === 0 ? base : `${base}.${count}`;
    const spec = { name: `draw.${purpose}`, purpose, law, dims };
    specs.push(spec);
    return place(spec);
  };
  return { draw, specs };
}

/** Records the draws that a traced function asks for as graph inputs. `batch` is the length of the leading axis. */
export function createDraws(batch: Dim = 'N'): Draws {
  const inputs: Value[] = [];
  const record = recordDraws((spec) => {
    const value = input(spec.name, [batch, ...spec.dims]);
    inputs.push(value);
    return value;
  });
  return { ...record, inputs };
}

/** The same draw under purposes that begin with `scope`, so that two users of one purpose get independent numbers. */
export function scopeDraw(draw: Draw, scope: string): Draw {
  return (purpose, law, dims) => draw(`${scope}/${purpose}`, law, dims);
}

/**
 * Every draw returned asks for nothing new as long as an earlier one has asked for it: the first thing asked of each is
 * the same value, and so on. That is how two passes see the same noise, mask or augmentation.
 */
export function repeatDraw(draw: Draw): () => Draw {
  const drawn: Value[] = [];
  return () => {
    let next = 0;
    return (purpose, law, dims) => {
      const value = drawn[next] ?? draw(purpose, law, dims);
      drawn[next++] = value;
      return value;
    };
  };
}

/** Fills one declared draw for a batch: row i depends on `sampleIds[i]` and the key, and on nothing else. */
export function fillDraw(
  spec: DrawSpec,
  key: Omit<BatchKey, 'purpose'>,
  sampleIds: ArrayLike<number>,
): Tensor<'float32'> {
  const fill = spec.law === 'uniform' ? uniformBatch : normalBatch;
  return fill({ ...key, purpose: spec.purpose }, sampleIds, spec.dims);
}

/** What a batch of draws is keyed by, besides the purpose. */
export interface DrawKey extends Omit<BatchKey, 'purpose'> {
  readonly sampleIds: ArrayLike<number>;
}

/** Feeds for declared draws, by input name. */
export function fillDraws(
  specs: readonly DrawSpec[],
  { sampleIds, ...key }: DrawKey,
): Readonly<Record<string, Tensor<'float32'>>> {
  return Object.fromEntries(specs.map((spec) => [spec.name, fillDraw(spec, key, sampleIds)]));
}

/** The same for several steps from `step` on, each with several draws from 0 on: [steps, draws, N, ...dims]. */
export function fillStepDraws(
  specs: readonly DrawSpec[],
  key: Omit<DrawKey, 'draw'> & { readonly step: number },
  steps: number,
  draws: number,
): Readonly<Record<string, Tensor<'float32'>>> {
  const { sampleIds, ...shared } = key;
  const moments = Array.from({ length: steps * draws }, (_, index) => ({
    ...shared,
    step: key.step + Math.floor(index / draws),
    draw: index % draws,
  }));
  return Object.fromEntries(
    specs.map((spec) => {
      const filled = concatBatch(moments.map((moment) => fillDraw(spec, moment, sampleIds)));
      return [spec.name, { ...filled, dims: [steps, draws, sampleIds.length, ...spec.dims] }];
    }),
  );
}
