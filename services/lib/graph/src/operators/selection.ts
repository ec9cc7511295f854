import { reshapeTo, scatterElements, where } from '../build.ts';
import { type Dim, shapeSize } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family, Operator } from '../operator.ts';
import type { SelectionSignatures } from '../signatures/selection.ts';
import { constantIntegers, type Value, type ValueInfo } from '../value.ts';
import { scatterGradients } from './indexing.ts';
import {
  broadcast,
  expandLike,
  floatTypes,
  info,
  int,
  integerTypes,
  keepWhere,
  like,
  requireAxis,
  requireRank,
  requireSameType,
  requireShape,
  requireType,
  string,
  unsignedTypes,
  wholeTypes,
  zerosLike,
} from './shared.ts';

type ComparisonName = 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual';
type LogicName = 'And' | 'Or' | 'Xor';
type BitwiseName = 'BitwiseAnd' | 'BitwiseOr' | 'BitwiseXor';

function comparison(op: ComparisonName): Operator<'Equal'> {
  return { attributes: {}, infer: ([a, b]) => broadcast(op, a, b, 'bool'), gradient: null };
}

function logic(op: LogicName): Operator<'And'> {
  return {
    attributes: {},
    infer: ([a, b]) => {
      requireType(op, 'a', a, ['bool']);
      return broadcast(op, a, b);
    },
    gradient: null,
  };
}

function bitwise(op: BitwiseName): Operator<'BitwiseAnd'> {
  return {
    attributes: {},
    infer: ([a, b]) => {
      requireType(op, 'a', a, wholeTypes);
      return broadcast(op, a, b);
    },
    gradient: null,
  };
}

/** A property of floating-point numbers. */
function isProperty(op: 'IsInf' | 'IsNaN', [x]: readonly [ValueInfo]): readonly [ValueInfo] {
  requireType(op, 'x', x, floatTypes);
  return [info('bool', x.shape)];
}

function extremum(op: 'ArgMax' | 'ArgMin'): Operator<'ArgMax'> {
  return {
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    infer: ([x], { axis, keepdims }) => {
      const at = requireAxis(op, axis, x.shape.length);
      return [
        info(
          'int64',
          x.shape.flatMap((dim, index) => (index !== at ? [dim] : keepdims === 1 ? [1] : [])),
        ),
      ];
    },
    gradient: null,
  };
}

function withAxis(value: ValueInfo, axis: number, dims: readonly Dim[]): readonly Dim[] {
  return [...value.shape.slice(0, axis), ...dims, ...value.shape.slice(axis + 1)];
}

/** Adds `g` into zeros shaped like `data`, at `indices` along `axis`: the transpose of picking elements. */
function scatterInto(data: Value, indices: Value, g: Value, axis: number): Value {
  return scatterElements(zerosLike(data), indices, g, axis, 'add');
}

export const selection: Family<keyof SelectionSignatures> = {
  Equal: comparison('Equal'),
  Greater: comparison('Greater'),
  GreaterOrEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessOrEqual: comparison('LessOrEqual'),
  And: logic('And'),
  Or: logic('Or'),
  Xor: logic('Xor'),
  Not: {
    attributes: {},
    infer: ([x]) => {
      requireType('Not', 'x', x, ['bool']);
      return [info('bool', x.shape)];
    },
    gradient: null,
  },
  IsInf: {
    attributes: { detect_negative: int(1), detect_positive: int(1) },
    infer: (inputs) => isProperty('IsInf', inputs),
    gradient: null,
  },
  IsNaN: { attributes: {}, infer: (inputs) => isProperty('IsNaN', inputs), gradient: null },
  BitShift: {
    attributes: { direction: string() },
    infer: ([a, b], { direction }) => {
      requireType('BitShift', 'a', a, unsignedTypes);
      if (direction !== 'LEFT' && direction !== 'RIGHT')
        throw new GraphError('BitShift', `direction: expected LEFT or RIGHT, got ${direction}`);
      return broadcast('BitShift', a, b);
    },
    gradient: null,
  },
  BitwiseAnd: bitwise('BitwiseAnd'),
  BitwiseNot: {
    attributes: {},
    infer: ([x]) => {
      requireType('BitwiseNot', 'x', x, wholeTypes);
      return like([x]);
    },
    gradient: null,
  },
  BitwiseOr: bitwise('BitwiseOr'),
  BitwiseXor: bitwise('BitwiseXor'),

  Where: {
    attributes: {},
    infer: ([condition, x, y]) => {
      requireType('Where', 'condition', condition, ['bool']);
      const [either] = broadcast('Where', x, y);
      const [{ shape }] = broadcast('Where', info('bool', condition.shape), info('bool', either.shape));
      return [info(x.dtype, shape)];
    },
    gradient: ({ inputs: [condition], gradient: g }) => [null, keepWhere(condition, g), where(condition, 0, g)],
  },
  ArgMax: extremum('ArgMax'),
  ArgMin: extremum('ArgMin'),
  TopK: {
    attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
    infer: ([x, k], { axis }) => {
      const at = requireAxis('TopK', axis, x.shape.length);
      const count = constantIntegers(k)?.[0];
      const length = x.shape[at];
      if (count !== undefined && typeof length === 'number' && (count < 0 || count > length)) {
        throw new GraphError('TopK', `k: expected 0 to ${length}, got ${count}`);
      }
      const shape = withAxis(x, at, [count ?? 'k']);
      return [info(x.dtype, shape), info('int64', shape)];
    },
    gradient: ({ inputs: [x], outputs: [, indices], gradient: g, attributes: { axis } }) => {
      if (indices === undefined) throw new GraphError('TopK', 'expected two outputs');
      return [scatterInto(x, indices, g, axis), null];
    },
  },
  OneHot: {
    attributes: { axis: int(-1) },
    infer: ([indices, depth, values], { axis }) => {
      requireType('OneHot', 'indices', indices, [...integerTypes, 'float32']);
      requireShape('OneHot', 'values', values, [2]);
      const at = requireAxis('OneHot', axis, indices.shape.length + 1);
      const length = constantIntegers(depth)?.[0] ?? 'depth';
      return [info(values.dtype, [...indices.shape.slice(0, at), length, ...indices.shape.slice(at)])];
    },
    gradient: null,
  },
  Gather: {
    attributes: { axis: int(0) },
    infer: ([data, indices], { axis }) => {
      requireType('Gather', 'indices', indices, integerTypes);
      return [info(data.dtype, withAxis(data, requireAxis('Gather', axis, data.shape.length), indices.shape))];
    },
    // Index axes are merged into one, which is then scattered back along `axis`.
    gradient: ({ inputs: [data, indices], gradient: g, attributes: { axis } }) => {
      const at = requireAxis('Gather', axis, data.shape.length);
      const count = shapeSize(indices.shape);
      if (typeof count !== 'number')
        throw new GraphError('Gather', `gradient: expected a fixed number of indices, got ${count}`);
      const merged = data.shape.map((dim, index) => (index === at ? count : dim));
      const rows = reshapeTo(g, merged);
      const column = reshapeTo(
        indices,
        merged.map((_, index) => (index === at ? count : 1)),
      );
      return [scatterInto(data, expandLike(column, rows), rows, at), null];
    },
  },
  GatherElements: {
    attributes: { axis: int(0) },
    infer: ([data, indices], { axis }) => {
      requireType('GatherElements', 'indices', indices, integerTypes);
      requireRank('GatherElements', 'indices', indices, data.shape.length);
      requireAxis('GatherElements', axis, data.shape.length);
      return [info(data.dtype, indices.shape)];
    },
    gradient: ({ inputs: [data, indices], gradient: g, attributes: { axis } }) => [
      scatterInto(data, indices, g, axis),
      null,
    ],
  },
  ScatterElements: {
    attributes: { axis: int(0), reduction: string('none') },
    infer: ([data, indices, updates], { axis }) => {
      requireType('ScatterElements', 'indices', indices, integerTypes);
      requireShape('ScatterElements', 'updates', updates, indices.shape);
      requireSameType('ScatterElements', data, updates);
      requireAxis('ScatterElements', axis, data.shape.length);
      return [info(data.dtype, data.shape)];
    },
    gradient: scatterGradients,
  },
};
