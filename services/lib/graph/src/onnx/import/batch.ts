import { type Dim, divideDims, multiplyDims, type Shape } from '../../dims.ts';
import type { Value } from '../../value.ts';
import { FixedBatchError } from './import-error.ts';

/** The symbol of the batch length. */
export const batchSymbol = 'N';

/**
 * What an import knows about the batch. A model exported for one batch length has that length written into its
 * constants; `fixed` is that length while the model is being imported for any.
 */
export class Batch {
  readonly fixed: number | undefined;
  /** Where the batch is the inner factor of an axis ([L, N, D] joined to [L·N, D]): how many elements are outside it. */
  private readonly outside = new Map<Value, number>();

  constructor(fixed: number | undefined) {
    this.fixed = fixed;
  }

  /** A length in the file's own batch; undefined when it depends on another symbol. */
  atFixed(dim: Dim): number | undefined {
    if (typeof dim === 'number') return dim;
    const factor = divideDims(dim, batchSymbol);
    return typeof factor === 'number' && this.fixed !== undefined ? factor * this.fixed : undefined;
  }

  /** The axis that the batch is on, or -1. */
  axisOf(shape: Shape): number {
    return shape.findIndex((dim) => typeof dim === 'string' && divideDims(dim, batchSymbol) !== undefined);
  }

  /** Hands on where the batch stands within an axis that a value has in common with an operand. */
  inherit(from: readonly (Value | null)[], to: readonly Value[]): void {
    for (const value of from) {
      const outside = value === null ? undefined : this.outside.get(value);
      if (value === null || outside === undefined) continue;
      const dim = value.shape[this.axisOf(value.shape)];
      for (const each of to) if (each.shape.some((length) => length === dim)) this.outside.set(each, outside);
    }
  }

  /**
   * The shape that reshaping `x` gives for any batch, from the one that the file gives for its own. In memory the batch
   * has so many elements of a sample outside it and so many inside; the same place is looked for in the wanted shape.
   * @throws FixedBatchError when it is not there.
   */
  reshaped(x: Value, wanted: readonly number[]): { readonly shape: Shape; readonly outside: number } {
    const axis = this.axisOf(x.shape);
    const fixed = this.fixed;
    const lengths = x.shape.map((dim) => this.atFixed(dim));
    if (axis < 0 || fixed === undefined) return { shape: wanted, outside: 1 };
    const before = product(lengths.slice(0, axis)) * (this.outside.get(x) ?? 1);
    const places = wanted.flatMap((length, at) => {
      const outer = product(wanted.slice(0, at));
      const outside = before / outer;
      const inside = length / (fixed * outside);
      return Number.isInteger(outside) && Number.isInteger(inside) && inside > 0 ? [{ at, outside, inside }] : [];
    });
    const place = choose(places, product(wanted.slice((places.at(-1)?.at ?? 0) + 1)));
    if (place === undefined) {
      throw new FixedBatchError(`a reshape to [${wanted.join(', ')}] does not keep samples apart`);
    }
    const length = multiplyDims(place.outside * place.inside, batchSymbol);
    return { shape: wanted.map((dim, at): Dim => (at === place.at ? length : dim)), outside: place.outside };
  }

  /** Remembers where the batch stands within its axis. */
  place(value: Value, outside: number): void {
    if (outside !== 1) this.outside.set(value, outside);
  }
}

interface Place {
  readonly at: number;
  readonly outside: number;
  readonly inside: number;
}

/**
 * Of several places an axis of its own is best. Else the batch stands between two axes and becomes a part of one: of the
 * left where the right one holds all that is left of a sample ([L, N, D] → [L·N, D]), else of the right one
 * ([L, N, D] → [L, N·heads, D/heads]).
 */
function choose(places: readonly Place[], after: number): Place | undefined {
  const alone = places.find(({ outside, inside }) => outside === 1 && inside === 1);
  const [left, right] = places;
  if (alone !== undefined || right === undefined) return alone ?? left;
  return after === 1 ? left : right;
}

function product(lengths: readonly (number | undefined)[]): number {
  return lengths.reduce<number>((size, length) => size * (length ?? Number.NaN), 1);
}
