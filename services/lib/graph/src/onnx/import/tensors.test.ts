import { toNumbers } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, type Message } from '../wire.ts';
import { widened } from './half.ts';
import { readTensor } from './tensors.ts';

function read(message: Message<'TensorProto'>): ReturnType<typeof readTensor> {
  const written = decodeMessage('TensorProto', encodeMessage('TensorProto', message));
  return readTensor('tensor', written, () => new Uint8Array());
}

/** The bits of half-precision numbers, and the numbers (IEEE 754; bfloat16 is the upper half of a float32). */
const halves = [
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x0400, 2 ** -14],
  [0x0001, 2 ** -24],
  [0x8001, -(2 ** -24)],
  [0x03ff, 1023 * 2 ** -24],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x3555, 0.333251953125],
] as const;

describe('tensors of a file', () => {
  it('of half precision become float32, exactly', () => {
    const bits = Uint16Array.from(halves.map(([each]) => each));
    expect([...widened(10, bits)]).toEqual(halves.map(([, number]) => number));
    expect(Object.is(widened(10, Uint16Array.of(0x8000))[0], -0)).toBe(true);
    expect(widened(10, Uint16Array.of(0x7e00))[0]).toBeNaN();
    expect([...widened(16, Uint16Array.of(0x3f80, 0xc049, 0x7f80))]).toEqual([1, -3.140625, Number.POSITIVE_INFINITY]);
  });

  it.each([
    ['float32 in a list', { dataType: 1, floatData: [0.5, -1] }, 'float32', [0.5, -1]],
    ['float64 in a list', { dataType: 11, doubleData: [0.1, 2] }, 'float64', [0.1, 2]],
    ['int8 packed as int32', { dataType: 3, int32Data: [-128, 127] }, 'int8', [-128, 127]],
    ['uint8 packed as int32', { dataType: 2, int32Data: [0, 255] }, 'uint8', [0, 255]],
    ['int16 packed as int32', { dataType: 5, int32Data: [-300, 300] }, 'int16', [-300, 300]],
    ['uint16 packed as int32', { dataType: 4, int32Data: [0, 65535] }, 'uint16', [0, 65535]],
    ['bool packed as int32', { dataType: 9, int32Data: [1, 0] }, 'bool', [1, 0]],
    ['uint32 packed as uint64', { dataType: 12, uint64Data: [1, 2 ** 32 - 1] }, 'uint32', [1, 2 ** 32 - 1]],
    ['float16 packed as int32', { dataType: 10, int32Data: [0x3c00, 0x4000] }, 'float32', [1, 2]],
    ['bfloat16 as bytes', { dataType: 16, rawData: Uint8Array.of(0x80, 0x3f, 0, 0x40) }, 'float32', [1, 2]],
    ['int8 as bytes', { dataType: 3, rawData: Uint8Array.of(255, 1) }, 'int8', [-1, 1]],
  ])('%s', (_, message, dtype, numbers) => {
    const tensor = read({ ...message, dims: [2] });
    expect([tensor.dtype, toNumbers(tensor)]).toEqual([dtype, numbers]);
  });

  it('keep 64-bit integers beyond 2^53', () => {
    const ends = [2n ** 63n - 1n, -(2n ** 63n)];
    expect([...(read({ dataType: 7, dims: [2], int64Data: ends }).data as BigInt64Array)]).toEqual(ends);
    expect([...(read({ dataType: 13, dims: [1], uint64Data: [2n ** 64n - 1n] }).data as BigUint64Array)]).toEqual([
      2n ** 64n - 1n,
    ]);
  });
});
