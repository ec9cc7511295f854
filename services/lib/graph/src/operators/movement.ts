import { mul, pad, reduceSum, reshapeLike, reshapeTo, slice, toTheStart, transpose } from '../build.ts';
import {
  addDims,
  broadcastShapes,
  type Dim,
  divideDims,
  formatShape,
  type Shape,
  sameShape,
  shapeSize,
} from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family, GradientContext } from '../operator.ts';
import { constantIntegers, type Value, type ValueInfo } from '../value.ts';
import { createAxisMap, mapAxis, transposed } from './axis-map.ts';
import { fixed, info, int, ints, requireAxis, string, zerosLike } from './shared.ts';

type MovementName = 'Concat' | 'Expand' | 'Pad' | 'Reshape' | 'Shape' | 'Slice' | 'Squeeze' | 'Transpose' | 'Unsqueeze';

function requireConstant(op: string, name: string, value: Value): readonly number[] {
  const numbers = constantIntegers(value);
  if (numbers === undefined) throw new GraphError(op, `${name}: expected a constant, got a computed value`);
  return numbers;
}

/** Where a shape is computed at run time from the shape of another value, that shape is the answer. */
function shapeFrom(value: Value): Shape | undefined {
  const { source } = value;
  return source.kind === 'node' && source.node.op === 'Shape' ? source.node.inputs[0]?.shape : undefined;
}

/** The shape a reshape gives: `0` copies a length (unless it is allowed to mean 0), `-1` takes what is left. */
function reshaped(x: ValueInfo, target: Value, allowzero: number): Shape {
  const known = shapeFrom(target);
  if (known !== undefined) return known;
  const wanted = requireConstant('Reshape', 'shape', target).map(
    (dim, axis): Dim => (dim === 0 && allowzero === 0 ? (x.shape[axis] ?? 0) : dim),
  );
  const size = shapeSize(x.shape);
  const rest = shapeSize(wanted.filter((dim) => dim !== -1));
  const inferred = wanted.includes(-1) ? divideDims(size, rest) : undefined;
  const result = wanted.map((dim) => (dim === -1 ? (inferred ?? '?') : dim));
  if (shapeSize(result) !== size) {
    throw new GraphError(
      'Reshape',
      `shape: expected the elements of ${formatShape(x.shape)}, got ${formatShape(wanted)}`,
    );
  }
  return result;
}

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: number;
  /** Length of the axis that is sliced. */
  readonly of: number;
}

/** Slice bounds in the form start, step, length, with negative and overlong bounds resolved as ONNX has them. */
function ranges(x: ValueInfo, starts: Value, ends: Value, axes: Value | null, steps: Value | null): readonly Range[] {
  const from = requireConstant('Slice', 'starts', starts);
  const to = requireConstant('Slice', 'ends', ends);
  const along = axes === null ? from.map((_, axis) => axis) : requireConstant('Slice', 'axes', axes);
  const by = steps === null ? from.map(() => 1) : requireConstant('Slice', 'steps', steps);
  return along.map((axis, index) => {
    const at = requireAxis('Slice', axis, x.shape.length);
    const of = fixed('Slice', `axis ${axis}`, x.shape[at]);
    const step = by[index] ?? 1;
    if (step === 0) throw new GraphError('Slice', 'steps: expected a number other than 0, got 0');
    const clamp = (bound: number, low: number, high: number): number =>
      Math.min(Math.max(bound < 0 ? bound + of : bound, low), high);
    const start = step > 0 ? clamp(from[index] ?? 0, 0, of) : clamp(from[index] ?? 0, 0, of - 1);
    const end = step > 0 ? clamp(to[index] ?? of, 0, of) : clamp(to[index] ?? of, -1, of - 1);
    return { axis: at, start, step, length: Math.max(0, Math.ceil((end - start) / step)), of };
  });
}

/** Puts a slice back where it came from, among zeros: the transpose of taking it. */
function unslice(g: Value, { axis, start, step, length, of }: Range): Value {
  const first = step > 0 ? start : start + (length - 1) * step;
  const forward = step > 0 ? g : slice(g, [{ axis, start: -1, end: toTheStart, step: -1 }]);
  const stride = Math.abs(step);
  const spread = stride === 1 ? forward : dilate(forward, axis, stride);
  const span = length === 0 ? 0 : stride === 1 ? length : length * stride;
  return padAxis(spread, axis, first, of - first - span);
}

/** Follows every element along an axis by `stride - 1` zeros. */
function dilate(x: Value, axis: number, stride: number): Value {
  const length = fixed('Slice', `axis ${axis}`, x.shape[axis]);
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const widened = padAxis(reshapeTo(x, [...before, length, 1, ...after]), axis + 1, 0, stride - 1);
  return reshapeTo(widened, [...before, length * stride, ...after]);
}

function padAxis(x: Value, axis: number, before: number, after: number): Value {
  const pads = [...x.shape, ...x.shape].map(() => 0);
  pads[axis] = before;
  pads[x.shape.length + axis] = after;
  return pad(x, pads);
}

function padAmounts(
  x: ValueInfo,
  pads: Value,
  axes: Value | null,
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const amounts = requireConstant('Pad', 'pads', pads);
  const along = axes === null ? x.shape.map((_, axis) => axis) : requireConstant('Pad', 'axes', axes);
  if (amounts.length !== along.length * 2) {
    throw new GraphError('Pad', `pads: expected ${along.length * 2} numbers, got ${amounts.length}`);
  }
  const before = x.shape.map(() => 0);
  const after = x.shape.map(() => 0);
  along.forEach((axis, index) => {
    const at = requireAxis('Pad', axis, x.shape.length);
    before[at] = amounts[index] ?? 0;
    after[at] = amounts[index + along.length] ?? 0;
  });
  return { before, after };
}

/** Which entry of an axis stands at a place before, in or behind it. */
const paddings: Readonly<Record<string, (place: number, length: number) => number>> = {
  edge: (place, length) => Math.min(Math.max(place, 0), length - 1),
  reflect: (place, length) => {
    const period = Math.max(1, 2 * (length - 1));
    const within = ((place % period) + period) % period;
    return Math.min(within, period - within);
  },
  wrap: (place, length) => ((place % length) + length) % length,
};

/** An entry gets the gradient of every place it stands at; the number that fills the padding gets all the rest. */
function padGradients({
  inputs: [x, pads, fill, axes],
  gradient: g,
  attributes: { mode },
}: GradientContext<'Pad'>): [Value, null, Value | null, null] {
  const { before, after } = padAmounts(x, pads, axes);
  const amounts = [...before, ...after];
  if (mode === 'constant') {
    const inverse = amounts.map((amount) => -amount);
    const outside = (): Value => mul(g, pad(zerosLike(x), amounts, 1));
    return [pad(g, inverse), null, fill === null ? null : reshapeLike(reduceSum(outside()), fill), null];
  }
  const source = paddings[mode];
  if (source === undefined) {
    throw new GraphError('Pad', `mode: expected constant, ${Object.keys(paddings).join(', ')}, got ${mode}`);
  }
  const mapped = [...x.shape.keys()].reduce((value, axis) => {
    const [first, last] = [before[axis] ?? 0, after[axis] ?? 0];
    if (first === 0 && last === 0) return value;
    const length = fixed('Pad', `axis ${axis}`, x.shape[axis]);
    const map = createAxisMap(first + length + last, length, (place, add) => add(source(place - first, length), 1));
    return mapAxis(value, axis, transposed(map));
  }, g);
  return [mapped, null, null, null];
}

/** Cuts an axis of unknown length, made of parts that are equally long, back into its parts. */
function equalParts(parts: readonly Value[], g: Value, axis: number): readonly Value[] {
  const [first, ...others] = parts;
  if (first === undefined || others.some((part) => !sameShape(part.shape, first.shape))) {
    throw new GraphError(
      'Concat',
      `gradient: expected fixed or equal lengths on axis ${axis}, got ${formatShape(g.shape)}`,
    );
  }
  const split = reshapeTo(g, [...first.shape.slice(0, axis), parts.length, ...first.shape.slice(axis)]);
  return parts.map((part, index) => reshapeLike(slice(split, [{ axis, start: index, end: index + 1 }]), part));
}

function concatGradients({ inputs, gradient: g, attributes }: GradientContext<'Concat'>): readonly Value[] {
  const axis = requireAxis('Concat', attributes.axis, g.shape.length);
  if (typeof g.shape[axis] !== 'number') return equalParts(inputs, g, axis);
  let start = 0;
  return inputs.map((part) => {
    const length = fixed('Concat', `axis ${axis}`, part.shape[axis]);
    start += length;
    return slice(g, [{ axis, start: start - length, end: start }]);
  });
}

export const movement: Family<MovementName> = {
  Concat: {
    attributes: { axis: int() },
    infer: (parts, attributes) => {
      const [first] = parts;
      if (first === undefined) throw new GraphError('Concat', 'expected at least one input, got none');
      const axis = requireAxis('Concat', attributes.axis, first.shape.length);
      for (const part of parts) {
        const agrees =
          part.shape.length === first.shape.length &&
          part.dtype === first.dtype &&
          part.shape.every((dim, at) => at === axis || dim === first.shape[at]);
        if (!agrees) {
          throw new GraphError(
            'Concat',
            `expected shapes that agree outside axis ${axis}, got ${parts.map((each) => formatShape(each.shape)).join(' ')}`,
          );
        }
      }
      const length = parts.map((part) => part.shape[axis] ?? 0).reduce(addDims, 0);
      return [
        info(
          first.dtype,
          first.shape.map((dim, at) => (at === axis ? length : dim)),
        ),
      ];
    },
    gradient: concatGradients,
  },
  Expand: {
    attributes: {},
    infer: ([x, target]) => {
      const wanted = shapeFrom(target) ?? requireConstant('Expand', 'shape', target);
      const shape = broadcastShapes(x.shape, wanted);
      if (shape === undefined) {
        throw new GraphError(
          'Expand',
          `expected shapes that broadcast, got ${formatShape(x.shape)} and ${formatShape(wanted)}`,
        );
      }
      return [info(x.dtype, shape)];
    },
    gradient: ({ gradient: g }) => [g, null],
  },
  Pad: {
    attributes: { mode: string('constant') },
    infer: ([x, pads, , axes]) => {
      const { before, after } = padAmounts(x, pads, axes);
      return [
        info(
          x.dtype,
          x.shape.map((dim, axis) => {
            const extra = (before[axis] ?? 0) + (after[axis] ?? 0);
            return extra === 0 ? dim : fixed('Pad', `axis ${axis}`, dim) + extra;
          }),
        ),
      ];
    },
    gradient: padGradients,
  },
  Reshape: {
    attributes: { allowzero: int(0) },
    infer: ([x, shape], { allowzero }) => [info(x.dtype, reshaped(x, shape, allowzero))],
    gradient: ({ inputs: [x], gradient: g }) => [reshapeLike(g, x), null],
  },
  Shape: {
    attributes: {},
    infer: ([x]) => [info('int64', [x.shape.length])],
    gradient: () => [null],
  },
  Slice: {
    attributes: {},
    infer: ([x, starts, ends, axes, steps]) => {
      const lengths = new Map(ranges(x, starts, ends, axes, steps).map((range) => [range.axis, range.length]));
      return [
        info(
          x.dtype,
          x.shape.map((dim, axis) => lengths.get(axis) ?? dim),
        ),
      ];
    },
    gradient: ({ inputs: [x, starts, ends, axes, steps], gradient: g }) => [
      ranges(x, starts, ends, axes, steps).reduce(unslice, g),
      null,
      null,
      null,
      null,
    ],
  },
  Squeeze: {
    attributes: {},
    infer: ([x, axes]) => {
      const gone = requireConstant('Squeeze', 'axes', axes).map((axis) => requireAxis('Squeeze', axis, x.shape.length));
      for (const axis of gone) {
        if (x.shape[axis] !== 1)
          throw new GraphError('Squeeze', `axis ${axis}: expected length 1, got ${x.shape[axis]}`);
      }
      return [
        info(
          x.dtype,
          x.shape.filter((_, axis) => !gone.includes(axis)),
        ),
      ];
    },
    gradient: ({ inputs: [x], gradient: g }) => [reshapeLike(g, x), null],
  },
  Transpose: {
    attributes: { perm: ints() },
    infer: ([x], { perm }) => {
      if ([...perm].sort((a, b) => a - b).some((axis, at) => axis !== at) || perm.length !== x.shape.length) {
        throw new GraphError(
          'Transpose',
          `perm: expected a permutation of ${x.shape.length} axes, got [${perm.join(', ')}]`,
        );
      }
      return [
        info(
          x.dtype,
          perm.map((axis) => x.shape[axis] ?? 0),
        ),
      ];
    },
    gradient: ({ gradient: g, attributes: { perm } }) => [
      transpose(
        g,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ],
  },
  Unsqueeze: {
    attributes: {},
    infer: ([x, axes]) => {
      const added = requireConstant('Unsqueeze', 'axes', axes);
      const rank = x.shape.length + added.length;
      const at = added.map((axis) => requireAxis('Unsqueeze', axis, rank));
      const rest = [...x.shape];
      return [
        info(
          x.dtype,
          Array.from({ length: rank }, (_, axis) => (at.includes(axis) ? 1 : (rest.shift() ?? 1))),
        ),
      ];
    },
    gradient: ({ inputs: [x], gradient: g }) => [reshapeLike(g, x), null],
  },
};
