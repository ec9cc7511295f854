import { createGraph, input } from '@parallax/graph';
import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { float32, normal, toNumbers } from '@parallax/tensor';
import { expect, it } from 'vitest';
import { ntXent } from './loss.ts';

it('NT-Xent is what its definition says', async () => {
  const [count, width, temperature] = [3, 4, 0.5];
  const numbers = [0, 1].map((draw) => normal({ seed: 0, purpose: 'test', draw }, count * width));
  const rows = numbers.flatMap((values) =>
    Array.from({ length: count }, (_, row) => values.subarray(row * width, (row + 1) * width)),
  );
  const unit = rows.map((row) => Array.from(row, (value) => value / Math.hypot(...row)));
  const similarity = (a: number, b: number): number =>
    (unit[a] ?? []).reduce((sum, value, index) => sum + value * (unit[b]?.[index] ?? 0), 0) / temperature;
  const ofView = (anchor: number): number => {
    const others = unit.map((_, index) => index).filter((index) => index !== anchor);
    const total = others.reduce((sum, index) => sum + Math.exp(similarity(anchor, index)), 0);
    return Math.log(total) - similarity(anchor, (anchor + count) % (2 * count));
  };
  const expected = Array.from({ length: count }, (_, index) => (ofView(index) + ofView(index + count)) / 2);

  const engine = createOnnxRuntimeEngine({ workers: 1 });
  const [a, b] = [input('a', [count, width]), input('b', [count, width])];
  const executable = await engine.compile(createGraph([a, b], { loss: ntXent(a, b, temperature) }));
  const [first = new Float32Array(), second = new Float32Array()] = numbers;
  const { loss } = await executable.run({ a: float32([count, width], first), b: float32([count, width], second) });
  await engine.close();
  expect(loss?.dims).toEqual([count]);
  for (const [index, value] of toNumbers(loss ?? float32([0], [])).entries()) {
    expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 5);
  }
});
