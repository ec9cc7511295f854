import type { Vector } from './reference.ts';
import { toyDims } from './toy-encoder.ts';

// Views of diverse inputs once more: for one image, in float64, pixel by pixel.

/** What an image is resized to, and where its first row and column then are. */
export interface Geometry {
  readonly tall: number;
  readonly wide: number;
  readonly top: number;
  readonly left: number;
}

const [channels, height, width] = toyDims;

/** A pixel of a view, a pixel of the image that it comes from, and how much of that it takes. */
type Share = readonly [to: number, from: number, weight: number];

/** Bilinear interpolation between the centres of pixels: every pixel of the resized image takes from at most four. */
function shares({ tall, wide, top, left }: Geometry): readonly Share[] {
  const found: Share[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < tall; row++) {
      for (let column = 0; column < wide; column++) {
        const to = (channel * height + top + row) * width + left + column;
        for (const [y, share] of neighbours(row, tall, height)) {
          for (const [x, part] of neighbours(column, wide, width)) {
            found.push([to, (channel * height + y) * width + x, share * part]);
          }
        }
      }
    }
  }
  return found;
}

function neighbours(at: number, resized: number, length: number): readonly (readonly [pixel: number, share: number])[] {
  const centre = Math.max(0, Math.min(length - 1, ((at + 0.5) / resized) * length - 0.5));
  const before = Math.floor(centre);
  const after = Math.min(before + 1, length - 1);
  return [
    [before, 1 - (centre - before)],
    [after, centre - before],
  ];
}

/** The image resized and put on black. */
export function viewAt(x: Vector, geometry: Geometry): Vector {
  const view = x.map(() => 0);
  for (const [to, from, weight] of shares(geometry)) view[to] = (view[to] ?? 0) + weight * (x[from] ?? 0);
  return view;
}

/** The gradient at the image, given that at its view. */
export function gradientThrough(gradient: Vector, geometry: Geometry): Vector {
  const pulled = gradient.map(() => 0);
  for (const [to, from, weight] of shares(geometry)) pulled[from] = (pulled[from] ?? 0) + weight * (gradient[to] ?? 0);
  return pulled;
}
