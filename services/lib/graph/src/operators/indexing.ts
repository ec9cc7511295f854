import { toNumbers } from '@parallax/tensor';
import { cast, div, equal, gatherElements, mul, scatterElements, where } from '../build.ts';
import { shapeSize } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family, GradientContext } from '../operator.ts';
import type { IndexingSignatures } from '../signatures/indexing.ts';
import { constantTensor, type Value } from '../value.ts';
import { info, int, keepWhere, notGiven, requireAxis, requireSameType, requireShape, zerosLike } from './shared.ts';

type ScatterContext = GradientContext<'ScatterElements'>;
type ScatterGradients = [data: Value, indices: null, updates: Value];

/** How elements are put to the places of a scatter, and how they are read from there. */
interface Places {
  readonly scatter: (data: Value, updates: Value, reduction?: string) => Value;
  readonly pick: (value: Value) => Value;
}

/** Gradients of a scatter by its data and its updates, whatever it does where they meet. */
export function scatterGradients({ inputs, outputs, gradient: g, attributes }: ScatterContext): ScatterGradients {
  const [data, indices, updates] = inputs;
  const { axis, reduction } = attributes;
  const places: Places = {
    scatter: (into, values, how = 'none') => scatterElements(into, indices, values, axis, how),
    pick: (value) => gatherElements(value, indices, axis),
  };
  const [y = data] = outputs;
  switch (reduction) {
    case 'none':
      return [places.scatter(g, zerosLike(updates)), null, places.pick(g)];
    case 'add':
      return [g, null, places.pick(g)];
    case 'mul':
      return productGradients(data, updates, g, places);
    case 'max':
    case 'min':
      return extremumGradients(data, updates, y, g, places);
    default:
      throw new GraphError('ScatterElements', `reduction: expected none, add, mul, max or min, got ${reduction}`);
  }
}

/**
 * The gradient by a factor is the product of the others. Where no factor is 0 that is the product over the factor; where
 * one is, only it has a gradient: the product of those that are not.
 */
function productGradients(data: Value, updates: Value, g: Value, { scatter, pick }: Places): ScatterGradients {
  const isZero = (value: Value): Value => equal(value, 0);
  const nonZero = (value: Value): Value => where(isZero(value), 1, value);
  const zeros = scatter(cast(isZero(data), g.dtype), cast(isZero(updates), g.dtype), 'add');
  const product = scatter(nonZero(data), nonZero(updates), 'mul');
  const others = (factor: Value, zeroCount: Value, all: Value): Value =>
    where(
      isZero(factor),
      keepWhere(equal(zeroCount, 1), all),
      keepWhere(equal(zeroCount, 0), div(all, nonZero(factor))),
    );
  return [mul(g, others(data, zeros, product)), null, mul(pick(g), others(updates, pick(zeros), pick(product)))];
}

/** Equal largest (or smallest) entries share the gradient (PyTorch's `scatter_reduce`). */
function extremumGradients(
  data: Value,
  updates: Value,
  y: Value,
  g: Value,
  { scatter, pick }: Places,
): ScatterGradients {
  const chosen = (value: Value, best: Value): Value => cast(equal(value, best), g.dtype);
  const fromData = chosen(data, y);
  const fromUpdates = chosen(updates, pick(y));
  const share = div(g, scatter(fromData, fromUpdates, 'add'));
  return [mul(share, fromData), null, mul(pick(share), fromUpdates)];
}

/** How many numbers a range has: ⌈(limit - start) / delta⌉, or a symbol where they are computed. */
function rangeLength(bounds: readonly Value[]): number | string {
  const [start, limit, delta] = bounds.map((bound) => {
    const tensor = constantTensor(bound);
    return tensor === undefined ? undefined : toNumbers(tensor)[0];
  });
  if (start === undefined || limit === undefined || delta === undefined) return 'range';
  if (delta === 0) throw new GraphError('Range', 'delta: expected a number other than 0, got 0');
  return Math.max(0, Math.ceil((limit - start) / delta));
}

/** Lengths that depend on numbers are symbols: the operators hand no gradient on, and nothing can be derived from them. */
export const indexing: Family<keyof IndexingSignatures> = {
  NonZero: { attributes: {}, infer: ([x]) => [info('int64', [x.shape.length, 'nonzero'])], gradient: null },
  Range: {
    attributes: {},
    infer: (bounds) => {
      const [start, limit, delta] = bounds;
      for (const bound of bounds) requireShape('Range', 'bounds', bound, []);
      requireSameType('Range', start, limit);
      requireSameType('Range', start, delta);
      return [info(start.dtype, [rangeLength(bounds)])];
    },
    gradient: null,
  },
  Unique: {
    attributes: { axis: int(notGiven), sorted: int(1) },
    infer: ([x], { axis }) => {
      const vector = info('int64', ['unique']);
      const at = Number.isNaN(axis) ? undefined : requireAxis('Unique', axis, x.shape.length);
      const shape = at === undefined ? ['unique'] : x.shape.with(at, 'unique');
      const inverse = at === undefined ? shapeSize(x.shape) : (x.shape[at] ?? 0);
      return [info(x.dtype, shape), vector, info('int64', [inverse]), vector];
    },
    gradient: null,
  },
};
