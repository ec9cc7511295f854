import { apply, gemm, matMul } from '@parallax/graph';
import { type GradientTable, gradientCase } from '../gradient-case.ts';
import { within } from '../samples.ts';

const twice = { twice: true };

export const linear = {
  MatMul: [
    gradientCase('matrices', [within([2, 3]), within([3, 4])], matMul, twice),
    gradientCase('stacks of matrices', [within([2, 2, 3]), within([2, 3, 2])], matMul, twice),
    gradientCase('a stack and one matrix', [within([2, 3, 4]), within([4, 2])], matMul, twice),
    gradientCase('one matrix and a stack', [within([3, 4]), within([2, 4, 2])], matMul, twice),
    gradientCase('stacks repeated both ways', [within([2, 1, 2, 3]), within([4, 3, 2])], matMul, twice),
    gradientCase('a stack of one', [within([1, 2, 3]), within([4, 3, 2])], matMul, twice),
    gradientCase('one row', [within([1, 3]), within([3, 4])], matMul, twice),
    gradientCase('one column', [within([2, 3]), within([3, 1])], matMul, twice),
    gradientCase('vectors', [within([3]), within([3])], matMul, twice),
    gradientCase('a vector and a matrix', [within([3]), within([3, 2])], matMul),
    gradientCase('a vector and a stack', [within([3]), within([2, 3, 2])], matMul),
    gradientCase('a stack and a vector', [within([2, 4, 3]), within([3])], matMul),
    gradientCase('symbolic batch and a vector', [within(['N', 3]), within([3])], matMul),
    gradientCase('no rows', [within([0, 3]), within([3, 2])], matMul),
    gradientCase('symbolic batch of rows', [within(['N', 3]), within([3, 2])], matMul),
    gradientCase('symbolic batch of matrices', [within(['N', 2, 3]), within([3, 2])], matMul),
    gradientCase('symbolic batch on both sides', [within(['N', 2, 3]), within(['N', 3, 2])], matMul),
    gradientCase('rows by rows of a symbolic batch', [within(['N', 2]), within([2, 'N'])], matMul),
  ],
  Gemm: [
    ...[0, 1].flatMap((transA) =>
      [0, 1].map((transB) =>
        gradientCase(
          `a${transA ? 'ᵀ' : ''}·b${transB ? 'ᵀ' : ''} scaled, plus c scaled`,
          [within(transA ? [3, 2] : [2, 3]), within(transB ? [4, 3] : [3, 4]), within([2, 4])],
          (a, b, c) => apply('Gemm', [a, b, c], { transA, transB, alpha: 0.5, beta: 2 })[0],
          twice,
        ),
      ),
    ),
    gradientCase('without c', [within([2, 3]), within([3, 4])], (a, b) => gemm(a, b), twice),
    gradientCase('c is a row', [within([2, 3]), within([3, 4]), within([4])], (a, b, c) => gemm(a, b, { c })),
    gradientCase('c is a column', [within([2, 3]), within([3, 4]), within([2, 1])], (a, b, c) => gemm(a, b, { c })),
    gradientCase('c is a scalar', [within([2, 3]), within([3, 4]), within([])], (a, b, c) => gemm(a, b, { c })),
    gradientCase('one row', [within([1, 3]), within([3, 1])], (a, b) => gemm(a, b)),
    gradientCase('no rows', [within([0, 3]), within([3, 2])], (a, b) => gemm(a, b)),
    gradientCase('symbolic batch', [within(['N', 3]), within([2, 3]), within([2])], (a, b, c) =>
      gemm(a, b, { c, transB: true }),
    ),
  ],
} as const satisfies Partial<GradientTable>;
