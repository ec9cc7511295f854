import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('orders keys and leaves out what is undefined', () => {
    const value = { b: 1, a: { d: [1.5, null, 'x"y'], c: true }, gone: undefined };
    expect(canonicalJson(value)).toBe('{"a":{"c":true,"d":[1.5,null,"x\\"y"]},"b":1}');
  });

  it.each([
    [{ a: [0, Number.NaN] }, '$.a[1]: expected a JSON value, got number NaN'],
    [{ a: 1n }, '$.a: expected a JSON value, got bigint 1'],
    [{ a: { b: new Date(0) } }, '$.a.b: expected a JSON value, got a Date'],
    [[undefined], '$[0]: expected a JSON value, got undefined undefined'],
  ])('refuses what JSON cannot hold (%#)', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });
});
