/** A colour: red, green, blue in 0 … 255. */
type Rgb = readonly [number, number, number];

/**
 * From everything fooled (0) to the highest accuracy there is (1): lightness rises evenly along the scale, so that it also reads in
 * grey and with any colour vision. The ends stay apart from both a white and a black ground.
 */
const stops: readonly Rgb[] = [
  [72, 14, 82],
  [132, 22, 98],
  [190, 46, 92],
  [228, 91, 78],
  [245, 148, 94],
  [251, 202, 140],
  [253, 243, 208],
];

const darkInk: Rgb = [6, 4, 10];
const lightInk: Rgb = [255, 255, 255];

/** Colour of a place on the scale, 0 … 1, as CSS. */
export function colourOf(value: number): string {
  return css(rgbOf(value));
}

/** Colour of text that can be read on the colour of a place on the scale: contrast is at least 4.5 : 1 everywhere. */
export function inkOn(value: number): string {
  const ground = luminance(rgbOf(value));
  return css(contrast(ground, luminance(lightInk)) >= contrast(ground, luminance(darkInk)) ? lightInk : darkInk);
}

/** The whole scale as a CSS gradient, from left to right. */
export function scaleGradient(): string {
  return `linear-gradient(to right, ${stops.map(css).join(', ')})`;
}

function rgbOf(value: number): Rgb {
  const place = Math.min(Math.max(value, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const from = stops[index] ?? darkInk;
  const to = stops[index + 1] ?? darkInk;
  const mix = (channel: 0 | 1 | 2) => from[channel] + (to[channel] - from[channel]) * (place - index);
  return [mix(0), mix(1), mix(2)];
}

function css(rgb: Rgb): string {
  return `rgb(${rgb.map(Math.round).join(' ')})`;
}

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(rgb: Rgb): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}
