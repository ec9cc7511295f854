import { describe, expect, it } from 'vitest';
import { float32, int64, ShapeError } from './tensor.ts';
import { decodeTensor, encodeTensor } from './wire-tensor.ts';

describe('wire tensors', () => {
  it('come back as they were', () => {
    for (const tensor of [float32([2, 2], [0, 0.5, -1, 3]), int64([1], [7]), float32([0, 3], [])]) {
      expect(decodeTensor(encodeTensor(tensor))).toEqual(tensor);
    }
  });

  it('are named and laid out as the protocol says', () => {
    expect(encodeTensor(float32([1], [1]))).toEqual({
      datatype: 'FP32',
      shape: [1],
      contents: Buffer.from([0, 0, 0x80, 0x3f]),
    });
  });

  it('may stand anywhere in a received buffer', () => {
    const contents = Buffer.from([9, 0, 0, 0x80, 0x3f]).subarray(1);
    expect(decodeTensor({ datatype: 'FP32', shape: [1], contents }).data).toEqual(Float32Array.of(1));
  });

  it.each([
    ['an unknown datatype', { datatype: 'FP8', shape: [1], contents: Buffer.alloc(1) }],
    ['too few bytes', { datatype: 'FP32', shape: [2], contents: Buffer.alloc(4) }],
    ['a negative length', { datatype: 'FP32', shape: [-1], contents: Buffer.alloc(4) }],
  ])('are refused with %s', (_, wire) => {
    expect(() => decodeTensor(wire)).toThrow(ShapeError);
  });
});
