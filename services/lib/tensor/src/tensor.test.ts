import { describe, expect, it } from 'vitest';
import {
  bytesPerElement,
  createTensor,
  type DataType,
  elementCount,
  float32,
  fromBytes,
  int64,
  ShapeError,
  scalar,
  toBytes,
  toNumbers,
  zeros,
} from './tensor.ts';

describe('createTensor', () => {
  it('wraps data without copying them', () => {
    const data = Float32Array.of(1, 2);
    expect(createTensor('float32', [2], data).data).toBe(data);
  });

  it('keeps its own copy of the shape', () => {
    const dims = [2];
    const tensor = createTensor('float32', dims, new Float32Array(2));
    dims[0] = 3;
    expect(tensor.dims).toEqual([2]);
  });

  it.each([
    [[2, 3], 5, 'data: expected 6 elements for [2, 3], got 5'],
    [[], 0, 'data: expected 1 elements for [], got 0'],
    [[-1], 1, 'dims: expected non-negative integers, got [-1]'],
    [[1.5], 1, 'dims: expected non-negative integers, got [1.5]'],
    [[Number.NaN], 1, 'dims: expected non-negative integers, got [NaN]'],
  ])('refuses %j of %i elements', (dims, length, message) => {
    expect(() => createTensor('float32', dims, new Float32Array(length))).toThrow(new ShapeError(message));
  });
});

it('counts elements', () => {
  expect([[], [3], [2, 0, 4], [2, 3]].map(elementCount)).toEqual([1, 3, 0, 6]);
});

it('makes scalars of the type asked for', () => {
  expect(scalar(0.1).data).toEqual(Float32Array.of(0.1));
  expect(scalar(0.1, 'float64').data).toEqual(Float64Array.of(0.1));
  expect(scalar(3, 'int32')).toEqual(createTensor('int32', [], Int32Array.of(3)));
});

describe('bytes', () => {
  const types: readonly DataType[] = Object.keys(bytesPerElement) as DataType[];
  it.each(types)('%s comes back as it was', (dtype) => {
    const tensor = zeros(dtype, [2, 3]);
    new Uint8Array(tensor.data.buffer).forEach((_, index, bytes) => {
      bytes[index] = dtype === 'bool' ? index % 2 : index;
    });
    expect(fromBytes(dtype, tensor.dims, toBytes(tensor))).toEqual(tensor);
  });

  it('are little-endian and row-major', () => {
    expect([...toBytes(float32([2], [1, -2]))]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    expect([...toBytes(int64([1], [258]))]).toEqual([2, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('may be misaligned', () => {
    const received = new Uint8Array([9, ...toBytes(float32([2], [1, 2]))]).subarray(1);
    expect(toNumbers(fromBytes('float32', [2], received))).toEqual([1, 2]);
  });

  it('must fill the shape', () => {
    expect(() => fromBytes('float32', [2], new Uint8Array(7))).toThrow(
      new ShapeError('data: expected 8 bytes for float32 [2], got 7 bytes'),
    );
  });
});
