import { encode } from 'fast-png';
import type { Image } from './tensor-images.ts';

/** Renders an image of one or three channels as PNG with eight bits a channel, rounding to the nearest level. */
export function renderPng({ channels, height, width, values }: Image): Uint8Array {
  const pixels = height * width;
  const data = new Uint8Array(values.length);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const value = values[channel * pixels + pixel] ?? 0;
      data[pixel * channels + channel] = Math.round(255 * Math.min(Math.max(value, 0), 1));
    }
  }
  return encode({ width, height, data, channels, depth: 8 });
}
