import type { SampleRecord } from '@parallax/attacks';
import { describe, expect, it } from 'vitest';
import { accuracyOverDistance, accuracyOverSteps } from './accuracy-curves.ts';
import { drawPanel } from './svg.ts';

const record = (change: Partial<SampleRecord>) =>
  ({ cleanCorrect: true, robust: true, brokenBy: '', l2: 0, ...change }) as SampleRecord;
const broken = (brokenBy: string, brokenAtStep: number, l2: number) =>
  record({ robust: false, brokenBy, brokenAtStep, l2 });

const records = [
  record({ cleanCorrect: false, robust: false }),
  record({}),
  broken('pgd', 2, 0.5),
  broken('pgd', 4, 0.25),
  broken('square', 3, 2),
];
const shares = ({ points }: { readonly points: readonly { readonly x: number; readonly value: number }[] }) =>
  points.map(({ x, value }) => [x, value]);

describe('robust accuracy', () => {
  it('falls over the steps of the stages, one after the other', () => {
    const curve = accuracyOverSteps(records, ['pgd', 'square']);
    expect(shares(curve)).toEqual([
      [0, 0.8],
      [2, 0.6],
      [4, 0.4],
      [7, 0.2],
    ]);
    expect(curve.stages).toEqual([
      { name: 'pgd', x: 0 },
      { name: 'square', x: 4 },
    ]);
    expect(curve.end).toBe(7);
  });

  it('falls over the distance of the nearest images', () => {
    const curve = accuracyOverDistance(records, 'l2');
    expect(shares(curve)).toEqual([
      [0, 0.8],
      [0.25, 0.6],
      [0.5, 0.4],
      [2, 0.2],
    ]);
    for (const { value, lower, upper } of curve.points) {
      expect(lower).toBeLessThan(value);
      expect(upper).toBeGreaterThan(value);
    }
  });

  it('stays where nothing breaks', () => {
    expect(shares(accuracyOverSteps([record({})], ['pgd']))).toEqual([[0, 1]]);
    expect(shares(accuracyOverDistance([record({})], 'l2'))).toEqual([[0, 1]]);
  });
});

describe('a drawing', () => {
  const panel = { title: 'a < b & c', xLabel: 'step', ...accuracyOverSteps(records, ['pgd']) };

  it('has a line of steps, a band and ticks, and escapes what it names', () => {
    const svg = drawPanel(panel);
    expect(svg).toContain('a &lt; b &amp; c');
    // 556 units for four steps, 208 for 100 %.
    expect(svg).toContain('points="64,81.6 342,81.6 342,123.2 620,123.2 620,164.8 620,164.8"');
    expect(svg.match(/<path /g)).toHaveLength(2);
    for (const tick of ['>0 %<', '>100 %<', '>0<', '>4<']) expect(svg).toContain(tick);
  });
});
