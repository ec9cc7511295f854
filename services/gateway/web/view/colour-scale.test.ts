import { describe, expect, it } from 'vitest';
import { colourOf, inkOn } from './colour-scale.ts';

const places = Array.from({ length: 101 }, (_, index) => index / 100);

/** Relative luminance as WCAG 2 defines it. */
function luminance(css: string): number {
  const [red = 0, green = 0, blue = 0] = (css.match(/\d+/g) ?? []).map((text) => {
    const value = Number(text) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('the colour scale', () => {
  it('grows lighter all along', () => {
    const lights = places.map((place) => luminance(colourOf(place)));
    for (const [index, light] of lights.entries()) expect(light).toBeGreaterThanOrEqual(lights[index - 1] ?? 0);
  });

  it('carries text that can be read', () => {
    for (const place of places) {
      const [ground, ink] = [luminance(colourOf(place)), luminance(inkOn(place))];
      const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
      expect(contrast).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('ends where it ends', () => {
    expect(colourOf(-1)).toBe(colourOf(0));
    expect(colourOf(2)).toBe(colourOf(1));
  });
});
