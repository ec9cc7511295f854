import { InputError } from '@parallax/config';
import { encodeTensor, float32, type WireTensor } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { parseImages } from './parse-images.ts';

const expected = { field: 'images', shape: [1, 1, 2], count: 2 };
const good = encodeTensor(float32([2, 1, 1, 2], [0, 0.25, 0.5, 1]));

function violationOf(given: WireTensor | undefined): string {
  try {
    parseImages(given, expected);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'none';
}

describe('images off the wire', () => {
  it('are read as float32', () => {
    expect(parseImages(good, expected).data).toEqual(Float32Array.of(0, 0.25, 0.5, 1));
  });

  it('are scaled when they are bytes', () => {
    const bytes = { datatype: 'UINT8', shape: [2, 1, 1, 2], contents: Buffer.from([0, 51, 102, 255]) };
    expect(parseImages(bytes, expected).data).toEqual(Float32Array.of(0, 51 / 255, 102 / 255, 1));
  });

  it.each([
    ['nothing', undefined, 'images: expected images [2, 1, 1, 2], FP32 or UINT8, got nothing'],
    ['integers', { ...good, datatype: 'INT64' }, 'images.datatype: expected FP32 or UINT8, got "INT64"'],
    ['another shape', { ...good, shape: [2, 1, 2, 1] }, 'images.shape: expected [2, 1, 1, 2], got [2, 1, 2, 1]'],
    ['no image', { ...good, shape: [0, 1, 1, 2] }, 'images.shape: expected [2, 1, 1, 2], got [0, 1, 1, 2]'],
    [
      'missing bytes',
      { ...good, contents: good.contents.subarray(1) },
      'images.contents: expected 16 bytes for FP32 [2, 1, 1, 2], got 15 bytes',
    ],
    [
      'a pixel out of range',
      encodeTensor(float32([2, 1, 1, 2], [0, 0, 0, 1.5])),
      'images.contents: expected pixels in [0, 1], got 1.5 at [1, 0, 0, 1]',
    ],
    [
      'NaN',
      encodeTensor(float32([2, 1, 1, 2], [0, Number.NaN, 0, 1])),
      'images.contents: expected pixels in [0, 1], got NaN at [0, 0, 0, 1]',
    ],
  ])('are refused when there is %s', (_, given, message) => {
    expect(violationOf(given)).toBe(message);
  });
});
