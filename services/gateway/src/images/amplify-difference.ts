import { InputError } from '@parallax/config';
import type { Image } from './tensor-images.ts';

/**
 * The change from one image to another, made visible: 0.5 + gain · (to − from), so that grey means unchanged. Without a
 * gain the largest change of the image reaches black or white.
 *
 * @throws InputError when the images differ in shape.
 */
export function amplifyDifference(from: Image, to: Image, gain?: number): Image {
  if (from.channels !== to.channels || from.height !== to.height || from.width !== to.width) {
    throw new InputError([{ field: 'from', expected: `an image of shape ${shapeOf(to)}`, got: shapeOf(from) }]);
  }
  const change = to.values.map((value, index) => value - (from.values[index] ?? 0));
  const largest = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const factor = gain ?? (largest === 0 ? 0 : 0.5 / largest);
  return { ...to, values: change.map((value) => 0.5 + factor * value) };
}

function shapeOf({ channels, height, width }: Image): string {
  return `${channels}x${height}x${width}`;
}
