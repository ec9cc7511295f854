import { allocate, createTensor } from '@parallax/tensor';
import { and, expand, gather, identity, pad, reshapeTo, slice, transpose, where } from '../build.ts';
import { type Dim, divideDims, formatShape, multiplyDims } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { dataTypeOf } from '../onnx/data-types.ts';
import { fixed, float, int, ints, notGiven, requireAxis, requireRank, string } from '../operators/shared.ts';
import { constant, integers, type Value } from '../value.ts';
import { type Composite, composite, constantInput, requiredInputs } from './composite.ts';

interface Blocks {
  readonly blocksize: number;
}

/** The part of a length that one of `blocks` equal blocks takes. */
function blockOf(op: string, name: string, dim: Dim | undefined, blocks: number): Dim {
  const part = dim === undefined || blocks < 1 ? undefined : divideDims(dim, blocks);
  if (part === undefined) throw new GraphError(op, `${name}: expected a multiple of ${blocks}, got ${dim}`);
  return part;
}

/** [N, C·b·b, H, W] → [N, C, H·b, W·b]; blocks are the outer part of the channels (DCR) or the inner (CRD). */
function depthToSpace(x: Value, blocksize: number, mode: string): Value {
  requireRank('DepthToSpace', 'x', x, 4);
  const [batch = 1, channels, height = 1, width = 1] = x.shape;
  const b = blocksize;
  const kept = blockOf('DepthToSpace', 'channels', channels, b * b);
  if (mode !== 'DCR' && mode !== 'CRD') {
    throw new GraphError('DepthToSpace', `mode: expected DCR or CRD, got ${mode}`);
  }
  const split = mode === 'DCR' ? [batch, b, b, kept, height, width] : [batch, kept, b, b, height, width];
  const perm = mode === 'DCR' ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return reshapeTo(transpose(reshapeTo(x, split), perm), [
    batch,
    kept,
    multiplyDims(height, b),
    multiplyDims(width, b),
  ]);
}

/** [N, C, H·b, W·b] → [N, b·b·C, H, W] */
function spaceToDepth(x: Value, b: number): Value {
  requireRank('SpaceToDepth', 'x', x, 4);
  const [batch = 1, channels = 1, height, width] = x.shape;
  const rows = blockOf('SpaceToDepth', 'height', height, b);
  const columns = blockOf('SpaceToDepth', 'width', width, b);
  const split = reshapeTo(x, [batch, channels, rows, b, columns, b]);
  return reshapeTo(transpose(split, [0, 3, 5, 1, 2, 4]), [batch, multiplyDims(channels, b * b), rows, columns]);
}

interface SplitAttributes {
  readonly axis: number;
  readonly num_outputs: number;
  readonly split: readonly number[];
}

/** The lengths of the parts: as given, else equal, the last one shorter where they do not come out even. */
function partLengths(length: number, given: readonly number[], count: number): readonly number[] {
  if (given.length > 0) {
    if (given.reduce((sum, part) => sum + part, 0) === length) return given;
    throw new GraphError('Split', `split: expected lengths that add up to ${length}, got [${given.join(', ')}]`);
  }
  const part = Math.ceil(length / count);
  return Array.from({ length: count }, (_, index) => Math.max(0, Math.min(part, length - index * part)));
}

function split(
  x: Value,
  { axis, num_outputs, split: listed }: SplitAttributes,
  given: readonly number[],
  outputs: number,
) {
  const at = requireAxis('Split', axis, x.shape.length);
  const length = fixed('Split', `axis ${axis}`, x.shape[at]);
  let start = 0;
  return partLengths(length, given.length > 0 ? given : listed, num_outputs || outputs).map((part) => {
    start += part;
    return slice(x, [{ axis: at, start: start - part, end: start }]);
  });
}

/** Repeats all of an axis, as often as `repeats` says. */
function tile(x: Value, repeats: readonly number[]): Value {
  if (repeats.length !== x.shape.length) {
    throw new GraphError('Tile', `repeats: expected ${x.shape.length} numbers, got ${repeats.length}`);
  }
  if (repeats.every((times) => times === 1)) return x;
  const widened = x.shape.flatMap((dim, axis): Dim[] => (repeats[axis] === 1 ? [dim] : [1, dim]));
  const target = repeats.flatMap((times) => (times === 1 ? [1] : [times, 1]));
  return reshapeTo(
    expand(reshapeTo(x, widened), target),
    x.shape.map((dim, axis) => multiplyDims(dim, repeats[axis] ?? 1)),
  );
}

/** Whether an entry of a matrix lies on or above (`upper`) the diagonal `k` places to the right, else on or below. */
function triangle(rows: number, columns: number, k: number, upper: boolean): Value {
  const inside = Array.from({ length: rows * columns }, (_, at) => {
    const offset = (at % columns) - Math.floor(at / columns) - k;
    return Number(upper ? offset >= 0 : offset <= 0);
  });
  return constant(createTensor('bool', [rows, columns], Uint8Array.from(inside)));
}

function trilu(x: Value, k: number, upper: boolean): Value {
  const [rows, columns] = x.shape.slice(-2).map((dim) => fixed('Trilu', 'matrix', dim));
  if (rows === undefined || columns === undefined) {
    throw new GraphError('Trilu', `x: expected matrices, got ${formatShape(x.shape)}`);
  }
  const mask = triangle(rows, columns, k, upper);
  return x.dtype === 'bool' ? and(x, mask) : where(mask, x, 0);
}

/** Ones on the diagonal `k` places to the right, zeros elsewhere. */
function eyeLike(x: Value, to: number, k: number): Value {
  requireRank('EyeLike', 'x', x, 2);
  const [rows = 0, columns = 0] = x.shape.map((dim) => fixed('EyeLike', 'matrix', dim));
  const dtype = to === 0 ? x.dtype : dataTypeOf(to);
  if (dtype === undefined) throw new GraphError('EyeLike', `dtype: expected a known element type, got ${to}`);
  const data = allocate(dtype, rows * columns);
  const one = data instanceof BigInt64Array || data instanceof BigUint64Array ? 1n : 1;
  for (let row = Math.max(0, -k); row < rows && row + k < columns; row++) {
    // The one and the array have one element type.
    (data as Float32Array)[row * columns + row + k] = one as number;
  }
  return constant(createTensor(dtype, [rows, columns], data));
}

/** Crops and pads with zeros around the middle to the lengths given. */
function centerCropPad(x: Value, lengths: readonly number[], axes: readonly number[]): Value {
  const along =
    axes.length === 0 ? [...x.shape.keys()] : axes.map((axis) => requireAxis('CenterCropPad', axis, x.shape.length));
  if (lengths.length !== along.length) {
    throw new GraphError('CenterCropPad', `shape: expected ${along.length} lengths, got ${lengths.length}`);
  }
  const pads = [...x.shape, ...x.shape].map(() => 0);
  along.forEach((axis, index) => {
    const length = x.shape[axis];
    const wanted = lengths[index] ?? 0;
    if (length === wanted) return;
    const extra = wanted - fixed('CenterCropPad', `axis ${axis}`, length);
    // Of an odd number the larger half is added, or taken away, at the end.
    const before = Math.trunc(extra / 2);
    pads[axis] = before;
    pads[axis + x.shape.length] = extra - before;
  });
  return pad(x, pads);
}

/** Where a condition known beforehand holds, along an axis or, without one, of all elements. */
function compress(x: Value, condition: readonly number[], axis: number | undefined): Value {
  const chosen = integers([...condition.keys()].filter((at) => condition[at] !== 0));
  if (axis === undefined) return gather(reshapeTo(x, [x.shape.reduce(multiplyDims, 1)]), chosen, 0);
  return gather(x, chosen, requireAxis('Compress', axis, x.shape.length));
}

export const movement: Readonly<Record<string, Composite>> = {
  CenterCropPad: composite<{ readonly axes: readonly number[] }>({ axes: ints([]) }, (application, { axes }) => {
    const [x, shape] = requiredInputs('CenterCropPad', application, ['x', 'shape']);
    return [centerCropPad(x, constantInput('CenterCropPad', 'shape', shape), axes)];
  }),
  Compress: composite<{ readonly axis: number }>({ axis: int(notGiven) }, (application, { axis }) => {
    const [x, condition] = requiredInputs('Compress', application, ['x', 'condition']);
    const chosen = constantInput('Compress', 'condition', condition);
    return [compress(x, chosen, Number.isNaN(axis) ? undefined : axis)];
  }),
  DepthToSpace: composite<Blocks & { readonly mode: string }>(
    { blocksize: int(), mode: string('DCR') },
    (application, { blocksize, mode }) => {
      const [x] = requiredInputs('DepthToSpace', application, ['x']);
      return [depthToSpace(x, blocksize, mode)];
    },
  ),
  // Encoders are differentiated as they are evaluated: nothing is dropped.
  Dropout: composite({ seed: int(0), ratio: float(0.5) }, (application) => {
    const [x] = requiredInputs('Dropout', application, ['data']);
    return [identity(x)];
  }),
  EyeLike: composite<{ readonly dtype: number; readonly k: number }>(
    { dtype: int(0), k: int(0) },
    (application, { dtype, k }) => {
      const [x] = requiredInputs('EyeLike', application, ['x']);
      return [eyeLike(x, dtype, k)];
    },
  ),
  SpaceToDepth: composite<Blocks>({ blocksize: int() }, (application, { blocksize }) => {
    const [x] = requiredInputs('SpaceToDepth', application, ['x']);
    return [spaceToDepth(x, blocksize)];
  }),
  Split: composite<SplitAttributes>(
    { axis: int(0), num_outputs: int(0), split: ints([]) },
    (application, attributes) => {
      const [x] = requiredInputs('Split', application, ['x']);
      const [, lengths] = application.inputs;
      return split(x, attributes, lengths ? constantInput('Split', 'split', lengths) : [], application.outputs);
    },
  ),
  Tile: composite({}, (application) => {
    const [x, repeats] = requiredInputs('Tile', application, ['x', 'repeats']);
    return [tile(x, constantInput('Tile', 'repeats', repeats))];
  }),
  Trilu: composite<{ readonly upper: number }>({ upper: int(1) }, (application, { upper }) => {
    const [x] = requiredInputs('Trilu', application, ['x']);
    const [, k] = application.inputs;
    return [trilu(x, k ? (constantInput('Trilu', 'k', k)[0] ?? 0) : 0, upper === 1)];
  }),
};
