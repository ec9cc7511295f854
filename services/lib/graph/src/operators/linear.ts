import { gemm, matMul, mul, reduceSum, reshape, reshapeLike, reshapeTo, transpose } from '../build.ts';
import { broadcastShapes, formatShape, type Shape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family } from '../operator.ts';
import type { Value } from '../value.ts';
import { fixed, float, info, int, requireBroadcast, requireRank, requireSameType } from './shared.ts';

function swapLast(x: Value): Value {
  const rank = x.shape.length;
  return transpose(
    x,
    [...x.shape.keys()].map((axis) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis)),
  );
}

function productShape(op: string, a: Shape, b: Shape): Shape {
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  const [rows, inner] = a.slice(-2);
  const [other, columns] = b.slice(-2);
  if (a.length < 2 || b.length < 2 || batch === undefined || inner !== other) {
    throw new GraphError(
      op,
      `expected matrices [..., M, K] and [..., K, N], got ${formatShape(a)} and ${formatShape(b)}`,
    );
  }
  return [...batch, rows ?? 0, columns ?? 0];
}

/** A vector on the left is one row, on the right one column. */
function asMatrices(a: Shape, b: Shape): { readonly left: Shape; readonly right: Shape } {
  return { left: a.length === 1 ? [1, ...a] : a, right: b.length === 1 ? [...b, 1] : b };
}

/** g·bᵀ and aᵀ·g */
function productGradients(a: Value, b: Value, g: Value): [Value, Value] {
  return [matMul(g, swapLast(b)), b.shape.length === 2 ? sharedMatrixGradient(a, g) : matMul(swapLast(a), g)];
}

/** Sums over the matrices of a stack that one matrix was multiplied with. */
function summedTo(x: Value, shape: Shape): Value {
  const lead = x.shape.length - shape.length;
  return lead === 0 ? x : reduceSum(x, [...Array(lead).keys()], false);
}

/** A stack of matrices times one matrix: the stack is one tall matrix, so its gradient is one product, not a sum of many. */
function sharedMatrixGradient(a: Value, g: Value): Value {
  return gemm(tall(a), tall(g), { transA: true });
}

function tall(x: Value): Value {
  if (x.shape.length === 2) return x;
  return reshape(x, [-1, fixed('MatMul', 'columns', x.shape.at(-1))]);
}

export const linear: Family<'MatMul' | 'Gemm'> = {
  // a' = g·bᵀ, b' = aᵀ·g
  MatMul: {
    attributes: {},
    infer: ([a, b]) => {
      requireSameType('MatMul', a, b);
      const { left, right } = asMatrices(a.shape, b.shape);
      const shape = productShape('MatMul', left, right);
      const [rows, columns] = shape.slice(-2);
      const kept = [...(a.shape.length === 1 ? [] : [rows ?? 1]), ...(b.shape.length === 1 ? [] : [columns ?? 1])];
      return [info(a.dtype, [...shape.slice(0, -2), ...kept])];
    },
    gradient: ({ inputs: [a, b], gradient: g }) => {
      if (a.shape.length > 1 && b.shape.length > 1) return productGradients(a, b, g);
      const { left, right } = asMatrices(a.shape, b.shape);
      const whole = reshapeTo(g, productShape('MatMul', left, right));
      const [byA, byB] = productGradients(reshapeTo(a, left), reshapeTo(b, right), whole);
      return [reshapeLike(summedTo(byA, left), a), reshapeLike(summedTo(byB, right), b)];
    },
  },
  // α·A·B + β·C with A = a or aᵀ, B = b or bᵀ
  Gemm: {
    attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
    infer: ([a, b, c], { transA, transB }) => {
      requireSameType('Gemm', a, b);
      requireRank('Gemm', 'a', a, 2);
      requireRank('Gemm', 'b', b, 2);
      const left = transA === 1 ? [...a.shape].reverse() : a.shape;
      const right = transB === 1 ? [...b.shape].reverse() : b.shape;
      const shape = productShape('Gemm', left, right);
      if (c !== null) requireBroadcast('Gemm', 'c', c, shape);
      return [info(a.dtype, shape)];
    },
    gradient: ({ inputs: [a, b, c], gradient, attributes: { alpha, beta, transA, transB } }) => {
      const g = alpha === 1 ? gradient : mul(gradient, alpha);
      return [
        transA === 1 ? gemm(b, g, { transA: transB === 1, transB: true }) : gemm(g, b, { transB: transB === 0 }),
        transB === 1 ? gemm(g, a, { transA: true, transB: transA === 1 }) : gemm(a, g, { transA: transA === 0 }),
        c === null ? null : beta === 1 ? gradient : mul(gradient, beta),
      ];
    },
  },
};
