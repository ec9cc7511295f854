import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { figures } from './figures.ts';
import { generateShapes } from './shapes.ts';

describe('figures', () => {
  const steps = 200;
  const centres = Array.from({ length: steps }, (_, index) => (2.6 * (index + 0.5)) / steps - 1.3);
  const points = centres.flatMap((v) => centres.map((u) => ({ u, v })));

  it.each(Object.entries(figures))('%s fills a fair part of the unit circle, and nothing outside', (_, figure) => {
    const inside = points.filter(({ u, v }) => figure(u, v) < 0);
    const area = (inside.length / points.length) * 2.6 ** 2;
    expect(area).toBeGreaterThan(0.6);
    expect(area).toBeLessThan(2.6);
    expect(Math.max(...inside.map(({ u, v }) => Math.hypot(u, v)))).toBeLessThan(1.28);
  });

  it.each(Object.entries(figures))('%s is a distance: changes by no more than the way gone', (_, figure) => {
    const changes = points.map(({ u, v }) => Math.abs(figure(u + 0.01, v) - figure(u, v)));
    expect(changes.reduce((a, b) => Math.max(a, b))).toBeLessThan(0.011);
  });
});

describe('shapes', () => {
  it('are the same everywhere and for ever', () => {
    const { images } = generateShapes('test', 0, 20);
    expect(createHash('sha256').update(images.data).digest('hex')).toBe(
      'b00c66421c900613d1f09afe7174178a35197c4d543205431464e517d5997a6a',
    );
  });

  it('differ from split to split', () => {
    expect(generateShapes('train', 0, 1).images.data).not.toEqual(generateShapes('test', 0, 1).images.data);
  });

  it('have classes in equal number', () => {
    const { labels, classes } = generateShapes('train', 0, 50);
    expect(classes.length).toBe(10);
    expect([...labels.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  });

  it('cannot be told from the mean brightness of single pixels', () => {
    const { images, labels } = generateShapes('train', 0, 2000);
    const means = Array.from({ length: 10 }, (_, label) => centreMean(images.data, labels, label));
    expect(Math.max(...means) - Math.min(...means)).toBeLessThan(25);
  });
});

/** Mean of the central pixel over the images of a class, of 255. */
function centreMean(pixels: ArrayLike<number>, labels: Int32Array, label: number): number {
  const own = [...labels.keys()].filter((index) => labels[index] === label);
  return own.reduce((sum, index) => sum + (pixels[index * 3072 + 16 * 32 + 16] ?? 0), 0) / own.length;
}
