import { describe, expect, it } from 'vitest';
import { addDims, broadcastShapes, divideDims, multiplyDims, normalizeAxis, type Shape, shapeSize } from './dims.ts';

describe('products of lengths', () => {
  it.each([
    [2, 3, 6],
    ['N', 1, 'N'],
    ['N', 0, 0],
    [2, 'N', '2*N'],
    ['2*N', 3, '6*N'],
    ['N', 'N', 'N*N'],
    ['T', 'N', 'N*T'],
    ['2*N', '3*T', '6*N*T'],
    ['(N+1)', 2, '2*(N+1)'],
  ])('%s · %s = %s', (a, b, product) => {
    expect(multiplyDims(a, b)).toBe(product);
    expect(multiplyDims(b, a)).toBe(product);
  });

  it('the size of a shape is the product of its lengths, 1 for a scalar', () => {
    expect(shapeSize([])).toBe(1);
    expect(shapeSize(['N', 2, 3])).toBe('6*N');
  });
});

describe('quotients of lengths', () => {
  it.each([
    [6, 3, 2],
    ['6*N', 3, '2*N'],
    ['6*N', '2*N', 3],
    ['N*T', 'T', 'N'],
    [0, 3, 0],
    [5, 2, undefined],
    ['N', 2, undefined],
    ['N', 'T', undefined],
    [6, 'N', undefined],
    [0, 0, undefined],
  ])('%s / %s = %s', (a, b, quotient) => {
    expect(divideDims(a, b)).toBe(quotient);
  });
});

describe('sums of lengths', () => {
  it.each([
    [2, 3, 5],
    ['N', 0, 'N'],
    ['N', 'N', '2*N'],
    ['2*N', 'N', '3*N'],
    ['N', 1, '(N+1)'],
    ['2*N', 'T', '(2·N+T)'],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(addDims(a, b)).toBe(sum);
  });

  it('a sum of unlike symbols is one symbol in later products', () => {
    expect(multiplyDims(addDims('2*N', 1), 'M')).toBe('(2·N+1)*M');
  });
});

describe('broadcasting', () => {
  const cases: readonly (readonly [Shape, Shape, Shape | undefined])[] = [
    [[2, 3], [3], [2, 3]],
    [[], [2], [2]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [['N', 1], [4], ['N', 4]],
    [['N'], ['N'], ['N']],
    [
      [0, 3],
      [1, 3],
      [0, 3],
    ],
    [[2], [3], undefined],
    [['N'], [3], undefined],
    [['N'], ['T'], undefined],
  ];
  it.each(cases)('%j with %j gives %j', (a, b, together) => {
    expect(broadcastShapes(a, b)).toEqual(together);
    expect(broadcastShapes(b, a)).toEqual(together);
  });
});

it.each([
  [0, 3, 0],
  [-1, 3, 2],
  [-3, 3, 0],
  [3, 3, undefined],
  [-4, 3, undefined],
  [0.5, 3, undefined],
  [0, 0, undefined],
])('axis %s of %s axes is %s', (axis, rank, normal) => {
  expect(normalizeAxis(axis, rank)).toBe(normal);
});
