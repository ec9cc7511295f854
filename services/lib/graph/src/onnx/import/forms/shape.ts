import { expand, reshape, reshapeTo, shapeOf, slice, transpose } from '../../../build.ts';
import { type Dim, divideDims, formatShape, normalizeAxis, type Shape, sameShape, shapeSize } from '../../../dims.ts';
import type { Value } from '../../../value.ts';
import { applyPlain } from '../apply-plain.ts';
import { intsAttribute } from '../attributes.ts';
import { type Call, type Context, operand } from '../call.ts';
import { FixedBatchError, ImportError } from '../import-error.ts';
import { isNumber } from '../knowledge.ts';
import type { Forms } from './form.ts';

/** The shape that a tensor gives, with lengths of the batch as symbols. @throws ImportError when it is not known. */
export function shapeFrom(value: Value, name: string, { knowledge }: Context): Shape {
  const known = knowledge.of(value);
  if (known === undefined || known.dims.length > 1) {
    throw new ImportError(`${name}: expected lengths that follow from the shapes of the inputs, got a computed value`);
  }
  return known.entries;
}

/** Constant numbers. @throws ImportError when they are computed. */
export function numbersFrom(value: Value, name: string, { knowledge }: Context): readonly number[] {
  const numbers = knowledge.numbers(value);
  if (numbers === undefined) throw new ImportError(`${name}: expected constant numbers, got a computed value`);
  return numbers;
}

/** An axis counted from the start. @throws ImportError when there is none such. */
export function axisIn(axis: number, rank: number): number {
  const at = normalizeAxis(axis, rank);
  if (at === undefined) throw new ImportError(`axis: expected ${-rank} to ${rank - 1}, got ${axis}`);
  return at;
}

/** A value as it is, or in the shape that is wanted. */
export function reshapedTo(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : reshapeTo(x, shape);
}

/** Resolves a `-1` among wanted lengths. */
function complete(wanted: Shape, size: Dim): Shape | undefined {
  if (!wanted.includes(-1)) return wanted;
  const rest = shapeSize(wanted.filter((dim) => dim !== -1));
  const inferred = wanted.filter((dim) => dim === -1).length === 1 ? divideDims(size, rest) : undefined;
  return inferred === undefined ? undefined : wanted.map((dim) => (dim === -1 ? inferred : dim));
}

function reshapeForm(call: Call, context: Context): readonly Value[] {
  const x = operand(call, 0, 'data');
  const given = shapeFrom(operand(call, 1, 'shape'), 'shape', context);
  const copies = call.attributes.int('allowzero', 0) === 0;
  const wanted = given.map((dim, axis): Dim => (dim === 0 && copies ? (x.shape[axis] ?? 0) : dim));
  return [reshapeKeepingSamples(x, wanted, context)];
}

/**
 * Reshapes to lengths of which one may be -1; a batch length that the file has written down stands for any.
 * @throws ImportError when the elements are not as many.
 */
export function reshapeKeepingSamples(x: Value, wanted: Shape, { batch }: Context): Value {
  const impossible = `shape: expected the elements of ${formatShape(x.shape)}, got ${formatShape(wanted)}`;
  if (batch.fixed === undefined || batch.axisOf(x.shape) < 0) {
    const shape = complete(wanted, shapeSize(x.shape));
    if (shape === undefined || shapeSize(shape) !== shapeSize(x.shape)) throw new ImportError(impossible);
    return reshapedTo(x, shape);
  }
  const size = batch.atFixed(shapeSize(x.shape));
  const lengths = complete(
    wanted.map((dim) => batch.atFixed(dim) ?? dim),
    size ?? 0,
  );
  if (!lengths?.every(isNumber) || shapeSize(lengths) !== size) throw new ImportError(impossible);
  const { shape, outside } = batch.reshaped(x, lengths);
  const y = reshapedTo(x, shape);
  if (y !== x) batch.place(y, outside);
  return y;
}

/** Repeats `x` along axes of length 1 to lengths of which some are known only at run time. */
export function expandTo(x: Value, wanted: Shape, { knowledge }: Context): Value {
  const fixed = wanted.map((dim) => (isNumber(dim) ? dim : 1));
  const widened = expandFixed(x, fixed);
  const rank = widened.shape.length;
  return wanted.reduce<Value>((value, dim, index) => {
    const axis = rank - wanted.length + index;
    if (isNumber(dim) || value.shape[axis] === dim) return value;
    const symbols = dim.split('*');
    const found = knowledge.symbol(symbols.at(-1) ?? '');
    const factor = found === undefined ? undefined : divideDims(dim, symbols.at(-1) ?? '');
    if (found === undefined || typeof factor !== 'number')
      throw new ImportError(`shape: length ${dim} cannot be computed`);
    return expand(value, shapeOf(template(found.input, found.axis, factor, rank, axis)));
  }, widened);
}

function expandFixed(x: Value, shape: readonly number[]): Value {
  const rank = Math.max(x.shape.length, shape.length);
  const aligned = Array.from({ length: rank }, (_, axis): Dim => x.shape[axis - rank + x.shape.length] ?? 1);
  const same = shape.every((dim, axis) => dim === 1 || dim === aligned[axis + rank - shape.length]);
  if (same) return reshapedTo(x, aligned);
  return expand(x, shape);
}

/** A value that has `factor` times the length of an input's axis on one axis, and 1 on all others. */
function template(source: Value, axis: number, factor: number, rank: number, at: number): Value {
  const length = source.shape[axis] ?? 1;
  const others = [...source.shape.keys()].filter((each) => each !== axis);
  const ranges = others.map((each) => ({ axis: each, start: 0, end: 1 }));
  const one = ranges.length === 0 ? source : slice(source, ranges);
  const repeated = factor === 1 ? one : expand(reshapeTo(one, [length, 1]), [1, factor]);
  const dims = Array.from({ length: rank }, () => 1);
  return reshape(repeated, dims.with(at, -1));
}

function expandForm(call: Call, context: Context): readonly Value[] {
  const x = operand(call, 0, 'input');
  const { batch } = context;
  const wanted = shapeFrom(operand(call, 1, 'shape'), 'shape', context).map((dim, axis, all): Dim => {
    const own = x.shape[axis - all.length + x.shape.length];
    // The batch length that the file has written down stands for any.
    return typeof own === 'string' && (dim === 1 || dim === batch.atFixed(own)) ? own : dim;
  });
  return [expandTo(x, wanted, context)];
}

function sliceForm(call: Call, context: Context): readonly Value[] {
  const x = operand(call, 0, 'data');
  const starts = numbersFrom(operand(call, 1, 'starts'), 'starts', context);
  const ends = shapeFrom(operand(call, 2, 'ends'), 'ends', context);
  const axes = call.inputs[3] ? numbersFrom(call.inputs[3], 'axes', context) : starts.map((_, axis) => axis);
  const steps = call.inputs[4] ? numbersFrom(call.inputs[4], 'steps', context) : starts.map(() => 1);
  const ranges = axes.flatMap((given, index) => {
    const axis = axisIn(given, x.shape.length);
    const start = starts[index] ?? 0;
    const end = ends[index] ?? 0;
    const step = steps[index] ?? 1;
    const length = x.shape[axis] ?? 1;
    if (typeof length === 'string' && step === 1 && start === 0) {
      const whole = end === length || (isNumber(end) && end >= (context.batch.atFixed(length) ?? 2 ** 31 - 1));
      if (whole) return [];
    }
    if (typeof length === 'string' && context.batch.fixed !== undefined) {
      throw new FixedBatchError(`a slice of axis ${axis} of ${formatShape(x.shape)} picks samples out`);
    }
    if (!isNumber(end)) throw new ImportError(`ends: expected constant numbers on axis ${axis}, got ${end}`);
    const bound = 2 ** 31 - 1;
    return [
      { axis, start: Math.max(-bound, Math.min(bound, start)), end: Math.max(-bound, Math.min(bound, end)), step },
    ];
  });
  return [ranges.length === 0 ? x : slice(x, ranges)];
}

/** Parts that repeat one sample (a class token) are given the batch of the others. */
function concatForm(call: Call, context: Context): readonly Value[] {
  const parts = call.inputs.map((_, index) => operand(call, index, `part ${index}`));
  const { fixed } = context.batch;
  const batched = parts.find((part) => context.batch.axisOf(part.shape) === 0);
  const length = batched?.shape[0];
  const rank = batched?.shape.length ?? 0;
  if (fixed === undefined || length === undefined) return applyPlain(call);
  if (axisIn(call.attributes.int('axis', 0), rank) === 0)
    throw new FixedBatchError('samples are joined along the batch');
  const inputs = parts.map((part) => {
    if (part.shape.length !== rank || part.shape[0] === length || part.shape[0] !== context.batch.atFixed(length))
      return part;
    if (part.shape[0] !== 1)
      throw new FixedBatchError(`a part ${formatShape(part.shape)} has entries of its own for every sample`);
    return expandTo(part, [length, ...part.shape.slice(1)], context);
  });
  return applyPlain({ ...call, inputs });
}

function squeezeForm(call: Call, context: Context): readonly Value[] {
  const x = operand(call, 0, 'data');
  const { fixed } = context.batch;
  const axes = call.inputs[1]
    ? numbersFrom(call.inputs[1], 'axes', context).map((axis) => axisIn(axis, x.shape.length))
    : [...x.shape.keys()].filter((axis) => x.shape[axis] === 1 || context.batch.atFixed(x.shape[axis] ?? 0) === 1);
  for (const axis of axes) {
    const dim = x.shape[axis];
    if (fixed !== undefined && typeof dim === 'string') {
      throw new FixedBatchError(`the batch axis of ${formatShape(x.shape)} is taken away`);
    }
    if (dim !== 1) throw new ImportError(`axis ${axis}: expected length 1, got ${dim}`);
  }
  return [
    reshapedTo(
      x,
      x.shape.filter((_, axis) => !axes.includes(axis)),
    ),
  ];
}

function unsqueezeForm(call: Call, context: Context): readonly Value[] {
  const x = operand(call, 0, 'data');
  const added = numbersFrom(operand(call, 1, 'axes'), 'axes', context);
  const rank = x.shape.length + added.length;
  const at = new Set(added.map((axis) => axisIn(axis, rank)));
  if (at.size !== added.length) throw new ImportError(`axes: expected distinct axes, got [${added.join(', ')}]`);
  const rest = [...x.shape];
  return [
    reshapedTo(
      x,
      Array.from({ length: rank }, (_, axis): Dim => (at.has(axis) ? 1 : (rest.shift() ?? 1))),
    ),
  ];
}

function flattenForm(call: Call): readonly Value[] {
  const x = operand(call, 0, 'input');
  const rank = x.shape.length;
  const given = call.attributes.int('axis', 1);
  const axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) throw new ImportError(`axis: expected ${-rank} to ${rank}, got ${given}`);
  return [reshapedTo(x, [shapeSize(x.shape.slice(0, axis)), shapeSize(x.shape.slice(axis))])];
}

export const shapeForms: Forms = {
  Concat: concatForm,
  Expand: expandForm,
  Flatten: flattenForm,
  Reshape: reshapeForm,
  Shape: (call, context) => {
    const x = operand(call, 0, 'data');
    const rank = x.shape.length;
    const bound = (at: number): number => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
    const dims = x.shape.slice(bound(call.attributes.int('start', 0)), bound(call.attributes.int('end', rank)));
    const value = context.knowledge.value({ dtype: 'int64', dims: [dims.length], entries: dims });
    return [value ?? slice(shapeOf(x), [{ axis: 0, start: bound(call.attributes.int('start', 0)), end: dims.length }])];
  },
  Size: (call, context) => {
    const size = shapeSize(operand(call, 0, 'data').shape);
    const value = context.knowledge.value({ dtype: 'int64', dims: [], entries: [size] });
    if (value === undefined) throw new ImportError(`expected a size known but for the batch, got ${size}`);
    return [value];
  },
  Slice: sliceForm,
  Squeeze: squeezeForm,
  Transpose: (call) => {
    const x = operand(call, 0, 'data');
    const perm = call.attributes.get('perm', 'ints') ?? [...x.shape.keys()].reverse();
    if (perm.length !== x.shape.length)
      return applyPlain({ ...call, attributes: call.attributes.with({ perm: intsAttribute(perm) }) });
    return [transpose(x, perm)];
  },
  Unsqueeze: unsqueezeForm,
};
