import { describe, expect, it } from 'vitest';
import {
  integers,
  normal,
  normalBatch,
  permutation,
  philox4x32,
  type RandomKey,
  uniform,
  uniformBatch,
} from './random.ts';

const key: RandomKey = { seed: 7, purpose: 'test' };

describe('philox4x32', () => {
  // Known answers published with Random123 (kat_vectors, philox4x32 10).
  it.each([
    {
      name: 'zeros',
      counter: [0, 0, 0, 0],
      key: [0, 0],
      answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    },
    {
      name: 'ones',
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      name: 'digits of pi',
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('gives the published answer for $name', ({ counter, key, answer }) => {
    expect([...philox4x32(counter, key)]).toEqual(answer);
  });
});

describe('streams', () => {
  it('are the same for the same key, however the seed is written', () => {
    expect(uniform({ ...key, seed: 7n }, 10)).toEqual(uniform(key, 10));
  });

  it('begin the same whatever their length', () => {
    expect(normal(key, 5000).subarray(0, 1023)).toEqual(normal(key, 1023));
    expect(uniform(key, 5000).subarray(0, 1029)).toEqual(uniform(key, 1029));
  });

  it.each<Partial<RandomKey>>([
    { seed: 8 },
    { seed: 7n + (1n << 32n) },
    { purpose: 'tset' },
    { sampleId: 1 },
    { restart: 1 },
    { step: 1 },
    { draw: 1 },
  ])('differ when the key differs in %o', (change) => {
    const changed = uniform({ ...key, ...change }, 64);
    const shared = uniform(key, 64).filter((value, index) => value === changed[index]);
    expect(shared.length).toBeLessThan(2);
  });

  it('of a sample do not depend on the batch it is in', () => {
    const batch = normalBatch(key, [5, 9, 2], [3, 4]);
    expect(batch.dims).toEqual([3, 3, 4]);
    expect(batch.data.subarray(12, 24)).toEqual(normal({ ...key, sampleId: 9 }, 12));
    expect(uniformBatch(key, [9], [12]).data).toEqual(uniform({ ...key, sampleId: 9 }, 12));
  });
});

describe('distributions', () => {
  const length = 200_000;

  it('uniform has the moments of [0, 1) and stays inside', () => {
    const values = uniform(key, length);
    expect(Math.min(...chunkExtremes(values))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...chunkExtremes(values))).toBeLessThan(1);
    expect(moment(values, 1)).toBeCloseTo(1 / 2, 2);
    expect(moment(values, 2)).toBeCloseTo(1 / 3, 2);
  });

  it('normal has the moments of the standard normal', () => {
    const values = normal(key, length);
    expect([1, 2, 3, 4].map((order) => Math.round(moment(values, order) * 20) / 20 + 0)).toEqual([0, 1, 0, 3]);
  });

  it('integers cover their range evenly', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of integers(key, length, 10)) counts[value] = (counts[value] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - length / 10)).toBeLessThan(5 * Math.sqrt(length / 10));
  });

  it('permutation holds every index once and is not the identity', () => {
    const order = permutation(key, 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(order.filter((value, index) => value === index).length).toBeLessThan(10);
  });
});

describe('bad keys', () => {
  it.each<[Partial<RandomKey>, string]>([
    [{ seed: -1 }, 'seed: expected an integer in [0, 2^64), got -1'],
    [{ seed: 1.5 }, 'seed: expected an integer in [0, 2^64), got 1.5'],
    [{ sampleId: -1 }, 'sampleId: expected an integer in [0, 4294967295], got -1'],
    [{ draw: 65536 }, 'draw: expected an integer in [0, 65535], got 65536'],
  ])('%o is refused', (change, message) => {
    expect(() => uniform({ ...key, ...change }, 1)).toThrow(message);
  });

  it('an empty range of integers is refused', () => {
    expect(() => integers(key, 1, 0)).toThrow('bound: expected an integer in [1, 2147483648], got 0');
  });
});

function moment(values: Float32Array, order: number): number {
  return values.reduce((sum, value) => sum + value ** order, 0) / values.length;
}

function chunkExtremes(values: Float32Array): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
