import type { Attributes } from '../attributes.ts';
import { isFollowed, type Known } from '../knowledge.ts';

/** What a rule of shape arithmetic gets. */
export interface Folding {
  /** Entries of the inputs that are known. */
  readonly inputs: readonly (Known | undefined)[];
  readonly attributes: Attributes;
}

/** Computes the entries of the output, or gives undefined where they are not known. */
export type Fold = (folding: Folding) => Known | undefined;

/** A tensor, unless it is too large to be followed. */
export function known(
  dtype: Known['dtype'],
  dims: readonly number[],
  entries: (count: number) => Known['entries'],
): Known | undefined {
  const count = dims.reduce((size, dim) => size * dim, 1);
  return isFollowed(dtype, count) ? { dtype, dims, entries: entries(count) } : undefined;
}

/** Row-major strides of a shape. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  return dims.map((_, axis) => dims.slice(axis + 1).reduce((size, dim) => size * dim, 1));
}

/** Every position of a shape, in row-major order. */
export function positions(dims: readonly number[]): readonly (readonly number[])[] {
  const strides = stridesOf(dims);
  const count = dims.reduce((size, dim) => size * dim, 1);
  return Array.from({ length: count }, (_, flat) =>
    dims.map((dim, axis) => Math.floor(flat / (strides[axis] ?? 1)) % dim),
  );
}

/** The entry at a position of the broadcast shape. */
export function entryAt({ dims, entries }: Known, position: readonly number[]): Known['entries'][number] {
  const strides = stridesOf(dims);
  const skipped = position.length - dims.length;
  const flat = dims.reduce(
    (sum, dim, axis) => sum + (dim === 1 ? 0 : (position[axis + skipped] ?? 0)) * (strides[axis] ?? 1),
    0,
  );
  return entries[flat] ?? 0;
}
