import { broadcastShapes, type Dim, divideDims, multiplyDims, type Shape, shapeSize } from '../../dims.ts';
import type { Value } from '../../value.ts';
import { positions, stridesOf } from './folding/fold.ts';
import { isNumber, type Knowledge, type Known } from './knowledge.ts';

/**
 * Integers that rise evenly along every axis: entry = offset + Σ position·step. Exporters write a reshape as picking the
 * elements of a flat tensor one by one, with such indices; known as a grid, they are a reshape again.
 */
export interface Grid {
  readonly dims: Shape;
  readonly offset: number;
  readonly steps: readonly number[];
}

/** The grid that known entries are, if they are one. */
export function gridOf({ dims, entries }: Known): Grid | undefined {
  if (!entries.every(isNumber) || entries.length === 0) return undefined;
  const strides = stridesOf(dims);
  const offset = entries[0] ?? 0;
  const steps = dims.map((dim, axis) => (dim === 1 ? 0 : (entries[strides[axis] ?? 0] ?? 0) - offset));
  const even = positions(dims).every(
    (position, flat) => entries[flat] === position.reduce((sum, at, axis) => sum + at * (steps[axis] ?? 0), offset),
  );
  return even ? { dims, offset, steps } : undefined;
}

/** The grid with new axes of length 1, or undefined where the shape is another. */
export function reshapedGrid({ dims, offset, steps }: Grid, shape: Shape): Grid | undefined {
  const kept = dims.flatMap((dim, axis) => (dim === 1 ? [] : [{ dim, step: steps[axis] ?? 0 }]));
  const next = kept.values();
  const placed = shape.map((dim) => (dim === 1 ? undefined : next.next().value));
  const same = placed.every((each, axis) => (each?.dim ?? 1) === shape[axis]) && next.next().done === true;
  return same ? { dims: shape, offset, steps: placed.map((each) => each?.step ?? 0) } : undefined;
}

export function addGrids(a: Grid, b: Grid): Grid | undefined {
  const dims = broadcastShapes(a.dims, b.dims);
  if (dims === undefined) return undefined;
  const step = (grid: Grid, axis: number): number => grid.steps[axis - dims.length + grid.dims.length] ?? 0;
  return { dims, offset: a.offset + b.offset, steps: dims.map((_, axis) => step(a, axis) + step(b, axis)) };
}

export function scaledGrid({ dims, offset, steps }: Grid, factor: number): Grid {
  return { dims, offset: offset * factor, steps: steps.map((step) => step * factor) };
}

/** Whether a grid counts all of `size` elements in their order. */
export function isCounting({ dims, offset, steps }: Grid, size: Dim): boolean {
  const inOrder = dims.every((dim, axis) => dim === 1 || shapeSize(dims.slice(axis + 1)) === steps[axis]);
  return offset === 0 && inOrder && divideDims(size, dims.reduce(multiplyDims, 1)) === 1;
}

/** Which values are grids. */
export class Grids {
  private readonly knowledge: Knowledge;
  private readonly found = new Map<Value, Grid | undefined>();

  constructor(knowledge: Knowledge) {
    this.knowledge = knowledge;
  }

  of(value: Value | null): Grid | undefined {
    if (value === null) return undefined;
    if (!this.found.has(value)) {
      const known = this.knowledge.of(value);
      this.found.set(value, known && gridOf(known));
    }
    return this.found.get(value);
  }

  set(value: Value, grid: Grid): void {
    this.found.set(value, grid);
  }

  /** Follows grids through an operator. Only those that depend on a length known at run time are not known anyway. */
  follow(op: string, inputs: readonly (Value | null)[], output: Value | undefined): void {
    if (output?.dtype !== 'int64' || !inputs.some((value) => value !== null && this.found.get(value) !== undefined))
      return;
    const grid = gridAfter(
      op,
      inputs.map((value) => this.of(value)),
      output,
    );
    if (grid !== undefined) this.found.set(output, grid);
  }
}

/** What grids the operators of shape arithmetic make of grids. */
export function gridAfter(op: string, grids: readonly (Grid | undefined)[], output: Value): Grid | undefined {
  const [a, b] = grids;
  if (a === undefined) return undefined;
  switch (op) {
    case 'Add':
      return b && addGrids(a, b);
    case 'Mul': {
      const factor = [a, b].find((grid) => grid !== undefined && shapeSize(grid.dims) === 1);
      const other = factor === a ? b : a;
      return factor && other && reshapedGrid(scaledGrid(other, factor.offset), output.shape);
    }
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
      return reshapedGrid(a, output.shape);
    case 'Cast':
      return a;
    default:
      return undefined;
  }
}
