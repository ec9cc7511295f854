import { multiplyDims } from '../../../dims.ts';
import type { Attributes } from '../attributes.ts';
import { isNumber, type Known } from '../knowledge.ts';
import { entryAt, type Fold, known, positions, stridesOf } from './fold.ts';

function integersOf(input: Known | undefined): readonly number[] | undefined {
  return input?.entries.every(isNumber) ? input.entries : undefined;
}

function axisOf(attributes: Attributes, fallback: number, rank: number): number {
  const axis = attributes.int('axis', fallback);
  return axis < 0 ? axis + rank : axis;
}

/** Entries of `x` picked one by one: what most movements are. */
function pick(
  x: Known,
  dims: readonly number[],
  from: (position: readonly number[]) => readonly number[],
): Known | undefined {
  const strides = stridesOf(x.dims);
  return known(x.dtype, dims, () =>
    positions(dims).map((position) => {
      const at = from(position).reduce((sum, index, axis) => sum + index * (strides[axis] ?? 1), 0);
      return x.entries[at] ?? 0;
    }),
  );
}

const gather: Fold = ({ inputs: [x, indices], attributes }) => {
  const at = integersOf(indices);
  if (x === undefined || indices === undefined || at === undefined) return undefined;
  const axis = axisOf(attributes, 0, x.dims.length);
  const length = x.dims[axis];
  if (length === undefined || at.some((index) => index < -length || index >= length)) return undefined;
  const rank = indices.dims.length;
  const strides = stridesOf(indices.dims);
  return pick(x, [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)], (position) => {
    const flat = position.slice(axis, axis + rank).reduce((sum, index, i) => sum + index * (strides[i] ?? 1), 0);
    const index = at[flat] ?? 0;
    return [...position.slice(0, axis), index < 0 ? index + length : index, ...position.slice(axis + rank)];
  });
};

const slice: Fold = ({ inputs: [x, starts, ends, axes, steps] }) => {
  const from = integersOf(starts);
  const to = integersOf(ends);
  if (x === undefined || from === undefined || to === undefined) return undefined;
  const along = axes === undefined ? from.map((_, axis) => axis) : integersOf(axes);
  const by = steps === undefined ? from.map(() => 1) : integersOf(steps);
  if (along === undefined || by === undefined) return undefined;
  const first = x.dims.map(() => 0);
  const stride = x.dims.map(() => 1);
  const dims = [...x.dims];
  for (const [index, given] of along.entries()) {
    const axis = given < 0 ? given + x.dims.length : given;
    const of = x.dims[axis];
    const step = by[index] ?? 1;
    if (of === undefined || step === 0) return undefined;
    const bound = (value: number, low: number, high: number): number =>
      Math.min(Math.max(value < 0 ? value + of : value, low), high);
    const start = step > 0 ? bound(from[index] ?? 0, 0, of) : bound(from[index] ?? 0, 0, of - 1);
    const end = step > 0 ? bound(to[index] ?? of, 0, of) : bound(to[index] ?? of, -1, of - 1);
    first[axis] = start;
    stride[axis] = step;
    dims[axis] = Math.max(0, Math.ceil((end - start) / step));
  }
  return pick(x, dims, (position) => position.map((index, axis) => (first[axis] ?? 0) + index * (stride[axis] ?? 1)));
};

const concat: Fold = ({ inputs, attributes }) => {
  const [first] = inputs;
  if (first === undefined || !inputs.every((input) => input !== undefined)) return undefined;
  const axis = axisOf(attributes, 0, first.dims.length);
  const agree = inputs.every(
    ({ dims, dtype }) =>
      dtype === first.dtype &&
      dims.length === first.dims.length &&
      dims.every((dim, at) => at === axis || dim === first.dims[at]),
  );
  if (!agree) return undefined;
  const owners = inputs.flatMap((input) =>
    Array.from({ length: input.dims[axis] ?? 0 }, (_, index) => ({ input, index })),
  );
  const dims = first.dims.map((dim, at) => (at === axis ? owners.length : dim));
  return known(first.dtype, dims, () =>
    positions(dims).map((position) => {
      const owner = owners[position[axis] ?? 0];
      return owner === undefined ? 0 : entryAt(owner.input, position.with(axis, owner.index));
    }),
  );
};

function reshaped(x: Known, dims: readonly number[]): Known | undefined {
  return known(x.dtype, dims, () => x.entries);
}

const reshape: Fold = ({ inputs: [x, shape], attributes }) => {
  const wanted = integersOf(shape);
  if (x === undefined || wanted === undefined) return undefined;
  const lengths = wanted.map((dim, axis) =>
    dim === 0 && attributes.int('allowzero', 0) === 0 ? (x.dims[axis] ?? 0) : dim,
  );
  const rest = lengths.filter((dim) => dim !== -1).reduce((size, dim) => size * dim, 1);
  const dims = lengths.map((dim) => (dim === -1 ? x.entries.length / rest : dim));
  const valid = dims.every((dim) => Number.isInteger(dim) && dim >= 0);
  return valid && dims.reduce((size, dim) => size * dim, 1) === x.entries.length ? reshaped(x, dims) : undefined;
};

const unsqueeze: Fold = ({ inputs: [x, axes] }) => {
  const added = integersOf(axes);
  if (x === undefined || added === undefined) return undefined;
  const rank = x.dims.length + added.length;
  const at = new Set(added.map((axis) => (axis < 0 ? axis + rank : axis)));
  if (at.size !== added.length || [...at].some((axis) => axis < 0 || axis >= rank)) return undefined;
  const rest = [...x.dims];
  return reshaped(
    x,
    Array.from({ length: rank }, (_, axis) => (at.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
};

const squeeze: Fold = ({ inputs: [x, axes] }) => {
  if (x === undefined) return undefined;
  const gone = axes === undefined ? [...x.dims.keys()].filter((axis) => x.dims[axis] === 1) : integersOf(axes);
  if (gone === undefined) return undefined;
  const at = gone.map((axis) => (axis < 0 ? axis + x.dims.length : axis));
  if (at.some((axis) => x.dims[axis] !== 1)) return undefined;
  return reshaped(
    x,
    x.dims.filter((_, axis) => !at.includes(axis)),
  );
};

const transpose: Fold = ({ inputs: [x], attributes }) => {
  if (x === undefined) return undefined;
  const perm = attributes.get('perm', 'ints') ?? [...x.dims.keys()].reverse();
  if (
    perm.length !== x.dims.length ||
    new Set(perm).size !== perm.length ||
    perm.some((axis) => x.dims[axis] === undefined)
  ) {
    return undefined;
  }
  return pick(
    x,
    perm.map((axis) => x.dims[axis] ?? 1),
    (position) => x.dims.map((_, axis) => position[perm.indexOf(axis)] ?? 0),
  );
};

const expand: Fold = ({ inputs: [x, shape] }) => {
  const wanted = integersOf(shape);
  if (x === undefined || wanted === undefined) return undefined;
  const rank = Math.max(wanted.length, x.dims.length);
  const at = (dims: readonly number[], axis: number): number => dims[axis - rank + dims.length] ?? 1;
  const dims = Array.from({ length: rank }, (_, axis) =>
    at(wanted, axis) === 1 ? at(x.dims, axis) : at(wanted, axis),
  );
  const fits = x.dims.every((dim, axis) => dim === 1 || dim === dims[axis + rank - x.dims.length]);
  return fits && dims.every((dim) => dim >= 0)
    ? known(x.dtype, dims, () => positions(dims).map((p) => entryAt(x, p)))
    : undefined;
};

const tile: Fold = ({ inputs: [x, repeats] }) => {
  const times = integersOf(repeats);
  if (x === undefined || times?.length !== x.dims.length || times.some((count) => count < 0)) return undefined;
  return pick(
    x,
    x.dims.map((dim, axis) => dim * (times[axis] ?? 1)),
    (position) => position.map((index, axis) => index % (x.dims[axis] ?? 1)),
  );
};

const range: Fold = ({ inputs: [start, limit, delta] }) => {
  const [from] = integersOf(start) ?? [];
  const [to] = integersOf(limit) ?? [];
  const [by] = integersOf(delta) ?? [];
  if (start === undefined || from === undefined || to === undefined || by === undefined || by === 0) return undefined;
  const count = Math.max(0, Math.ceil((to - from) / by));
  return known(start.dtype, [count], () => Array.from({ length: count }, (_, index) => from + index * by));
};

/** Rows of positions whose entry is not 0, as int64 [rank, count]. */
const nonZero: Fold = ({ inputs: [x] }) => {
  const numbers = integersOf(x);
  if (x === undefined || numbers === undefined) return undefined;
  const found = positions(x.dims).filter((_, flat) => numbers[flat] !== 0);
  return known('int64', [x.dims.length, found.length], () =>
    x.dims.flatMap((_, axis) => found.map((position) => position[axis] ?? 0)),
  );
};

/** A product or sum of all entries of a vector: how numbers of elements are computed. */
function total(combine: (entries: Known['entries']) => Known['entries'][number] | undefined): Fold {
  return ({ inputs: [x, axes], attributes }) => {
    const given = axes === undefined ? [0] : integersOf(axes);
    if (x === undefined || x.dims.length !== 1 || given?.length !== 1 || ![0, -1].includes(given[0] ?? 0))
      return undefined;
    const entry = combine(x.entries);
    if (entry === undefined) return undefined;
    return { dtype: x.dtype, dims: attributes.int('keepdims', 1) === 1 ? [1] : [], entries: [entry] };
  };
}

function numeric(combine: (numbers: readonly number[]) => number): (entries: Known['entries']) => number | undefined {
  return (entries) => (entries.length > 0 && entries.every(isNumber) ? combine(entries) : undefined);
}

export const movementFolds: Readonly<Record<string, Fold>> = {
  Concat: concat,
  Expand: expand,
  Gather: gather,
  NonZero: nonZero,
  Range: range,
  ReduceMax: total(numeric((numbers) => Math.max(...numbers))),
  ReduceMin: total(numeric((numbers) => Math.min(...numbers))),
  ReduceProd: total((entries) => entries.reduce(multiplyDims, 1)),
  ReduceSum: total(numeric((numbers) => numbers.reduce((sum, number) => sum + number, 0))),
  Reshape: reshape,
  Slice: slice,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};
