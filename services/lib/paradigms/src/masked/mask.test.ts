import { constant, reshape } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, toNumbers, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compute } from '../testing/compute.ts';
import { maskByScores, restore, select } from './mask.ts';

const [samples, tokens, width] = [3, 16, 5];
const scores = uniform({ seed: 0, purpose: 'test.scores' }, samples * tokens);
const values = uniform({ seed: 0, purpose: 'test.tokens' }, samples * tokens * width);

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

describe.each([
  { ratio: 0.75, visible: 4 },
  { ratio: 0.5, visible: 8 },
  { ratio: 0.7, visible: 4 },
])('hiding $ratio of 16 patches', ({ ratio, visible }) => {
  const mask = maskByScores(constant(float32([samples, tokens], scores)), ratio);
  const all = constant(float32([samples, tokens, width], values));

  it(`leaves ${visible} of each image, those with the largest scores`, async () => {
    const { hidden } = await compute(engine, { hidden: reshape(mask.hidden, [samples, tokens]) });
    const expected = Array.from({ length: samples }, (_, sample) => {
      const row = [...scores.subarray(sample * tokens, (sample + 1) * tokens)];
      const least = row.toSorted((a, b) => b - a)[visible - 1] ?? 0;
      return row.map((score) => (score >= least ? 0 : 1));
    });
    expect(toNumbers(hidden ?? float32([0], []))).toEqual(expected.flat());
  });

  it('puts what was seen back in its place', async () => {
    const { restored, seen, hidden } = await compute(engine, {
      restored: restore(mask, select(mask, all)),
      seen: select(mask, all),
      hidden: mask.hidden,
    });
    expect(seen?.dims).toEqual([samples, visible, width]);
    const expected = values.map((value, index) => (hidden?.data[Math.floor(index / width)] === 1 ? 0 : value));
    expect(restored?.data).toEqual(expected);
  });
});
