import { expect, it } from 'vitest';
import { batchSize, concatBatch, gatherBatch, sliceBatch } from './batch.ts';
import { float32, int64, ShapeError, scalar, toNumbers } from './tensor.ts';

const rows = float32([3, 2], [1, 2, 3, 4, 5, 6]);

it('counts rows', () => {
  expect(batchSize(rows)).toBe(3);
  expect(() => batchSize(scalar(1))).toThrow(new ShapeError('dims: expected at least one dimension, got a scalar'));
});

it.each([
  [0, 2, [1, 2, 3, 4]],
  [1, 3, [3, 4, 5, 6]],
  [2, 9, [5, 6]],
  [1, 1, []],
  [3, 4, []],
])('rows %i to %i', (start, end, expected) => {
  const slice = sliceBatch(rows, start, end);
  expect(toNumbers(slice)).toEqual(expected);
  expect(slice.dims).toEqual([expected.length / 2, 2]);
  expect(slice.data.buffer).toBe(rows.data.buffer);
});

it('gathers rows in any order, and more than once', () => {
  expect(gatherBatch(rows, [2, 0, 2])).toEqual(float32([3, 2], [5, 6, 1, 2, 5, 6]));
  expect(gatherBatch(int64([2], [7, 8]), [1])).toEqual(int64([1], [8]));
  expect(gatherBatch(rows, [])).toEqual(float32([0, 2], []));
});

it.each([3, -1, 0.5])('refuses to gather row %d of 3', (row) => {
  expect(() => gatherBatch(rows, [row])).toThrow(new ShapeError(`rows: expected 0 to 2, got ${row}`));
});

it('joins what was cut', () => {
  const parts = [sliceBatch(rows, 0, 1), sliceBatch(rows, 1, 1), sliceBatch(rows, 1, 3)];
  expect(concatBatch(parts)).toEqual(rows);
  expect(concatBatch([int64([1], [1]), int64([2], [2, 3])])).toEqual(int64([3], [1, 2, 3]));
});

it.each([
  [[], 'tensors: expected at least one, got none'],
  [[rows, float32([1, 1, 2], [1, 2])], 'tensors: expected rows like float32 [2], got float32 [1, 2]'],
  [[int64([1], [1]), float32([1], [1])], 'tensors: expected rows like int64 [], got float32 []'],
])('refuses to join what does not fit', (tensors, message) => {
  expect(() => concatBatch(tensors)).toThrow(new ShapeError(message));
});
