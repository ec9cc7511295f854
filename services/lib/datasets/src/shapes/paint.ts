import { uniform } from '@parallax/tensor';
import type { Figure } from './figures.ts';

/** Edge of an image in pixels. */
export const imageSize = 32;

const planeSize = imageSize * imageSize;
const pixelsPerUnit = imageSize / 2;

/** Fixed: the dataset `shapes` is the same everywhere and for ever. */
const seed = 20_231_209;

/**
 * Paints one image, [3, 32, 32] in 8 bits: the figure, somewhere, turned, in one colour on a ground of another with a grating,
 * all under grey noise. Position, size, angle, colours and which of both is the brighter are random, so that the mean image
 * of every class is about the same grey: what a figure is cannot be told from single pixels.
 */
export function paint(figure: Figure, split: string, sampleId: number, image: Uint8Array): void {
  const key = { seed, purpose: `shapes.${split}`, sampleId };
  const scene = drawScene(uniform(key, sceneDraws));
  const noise = uniform({ ...key, draw: 1 }, planeSize);
  for (let pixel = 0; pixel < planeSize; pixel++) {
    // Centre of the pixel; the image spans [-1, 1]².
    const x = ((pixel % imageSize) + 0.5) / pixelsPerUnit - 1;
    const y = (Math.floor(pixel / imageSize) + 0.5) / pixelsPerUnit - 1;
    const inside = coverage(figure, scene, x, y);
    const wave = scene.amplitude * Math.sin(scene.waveX * x + scene.waveY * y + scene.phase);
    const grain = scene.noise * ((noise[pixel] as number) - 0.5);
    for (let channel = 0; channel < 3; channel++) {
      const ground = (scene.ground[channel] as number) + wave;
      const value = ground + inside * ((scene.figure[channel] as number) - ground) + grain;
      image[channel * planeSize + pixel] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
}

/** What an image shows, in units of half its edge; colours are [red, green, blue] in [0, 1]. */
interface Scene {
  readonly centreX: number;
  readonly centreY: number;
  readonly radius: number;
  readonly cos: number;
  readonly sin: number;
  readonly figure: readonly number[];
  readonly ground: readonly number[];
  /** The grating on the ground: amplitude · sin(waveX · x + waveY · y + phase). */
  readonly amplitude: number;
  readonly waveX: number;
  readonly waveY: number;
  readonly phase: number;
  /** Width of the uniform noise. */
  readonly noise: number;
}

const sceneDraws = 16;

function drawScene(draws: Float32Array): Scene {
  let next = 0;
  const between = (least: number, most: number) => least + (draws[next++] as number) * (most - least);
  const turn = () => between(0, 2 * Math.PI);
  const ground = [between(0.25, 0.75), between(0.25, 0.75), between(0.25, 0.75)];
  // Brighter or darker than the ground, by at least 0.15 in every channel, or the figure could not be seen.
  const side = between(0, 1) < 0.5 ? -1 : 1;
  const figure = ground.map((value) => value + side * between(0.15, 0.45));
  const [angle, direction, frequency] = [turn(), turn(), between(2, 12)];
  return {
    centreX: between(-0.3, 0.3),
    centreY: between(-0.3, 0.3),
    radius: between(0.4, 0.65),
    cos: Math.cos(angle),
    sin: Math.sin(angle),
    figure,
    ground,
    amplitude: between(0, 0.15),
    waveX: frequency * Math.cos(direction),
    waveY: frequency * Math.sin(direction),
    phase: turn(),
    noise: between(0.05, 0.3),
  };
}

/** How much of the pixel the figure covers, in [0, 1]: a linear ramp one pixel wide across its edge. */
function coverage(figure: Figure, { centreX, centreY, radius, cos, sin }: Scene, x: number, y: number): number {
  const [right, down] = [(x - centreX) / radius, (y - centreY) / radius];
  const distance = figure(cos * right + sin * down, cos * down - sin * right);
  return Math.min(1, Math.max(0, 0.5 - distance * radius * pixelsPerUnit));
}
