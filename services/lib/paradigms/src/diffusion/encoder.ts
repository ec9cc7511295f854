import { concat, type Value } from '@parallax/graph';
import { conv2d, same } from '../model/layers.ts';
import type { Parameters } from '../model/parameters.ts';
import { patchMap, unpatchMap } from '../model/patches.ts';
import { activatedConv, double, halve, mapAttention, nearZero, timedBlock, timeEmbedding } from './layers.ts';

/** A denoising UNet (protocol §2.7). */
export interface UNetShape {
  /** Side of the squares of pixels that become the channels of one place before the first convolution; 1 keeps the pixels. */
  readonly patch: number;
  /** Channels of each level; every level but the first has half the side of the one before. */
  readonly widths: readonly number[];
  /** Residual blocks of a level on the way down; on the way up there is one more. */
  readonly blocks: number;
  /** Levels whose blocks are followed by attention; the middle always is. */
  readonly attention: readonly number[];
}

export interface UNetTrace {
  /** The output of every residual block of the decoder, from the bottleneck up. */
  readonly decoder: readonly Value[];
  /** Predicted noise [N, 3, H, W]. */
  readonly noise: Value;
}

/** Noisy images [N, 3, H, W] in about [-1, 1] at a timestep (one for all, or int64 [N]) → what the network makes of them. */
export function unet(parameters: Parameters, images: Value, timestep: Value | number, shape: UNetShape): UNetTrace {
  const { patch, widths, blocks, attention } = shape;
  const [first = 0] = widths;
  const time = timeEmbedding(parameters.scope('time'), timestep, first);
  const block = (name: string, x: Value, level: number): Value => {
    const scope = parameters.scope(name);
    const y = timedBlock(scope, x, time, widths[level] ?? first);
    return attention.includes(level) ? mapAttention(scope, y) : y;
  };

  let x = conv2d(parameters.scope('stem'), patchMap(images, patch), first, 3, { pads: same(3), gain: 1 });
  const skips = [x];
  const remember = (next: Value): void => {
    x = next;
    skips.push(next);
  };
  widths.forEach((_, level) => {
    for (let index = 0; index < blocks; index++) remember(block(`down${level}.block${index}`, x, level));
    if (level + 1 < widths.length) remember(halve(parameters.scope(`down${level}.halve`), x));
  });

  const bottom = widths.length - 1;
  const lowest = widths[bottom] ?? first;
  const entered = timedBlock(parameters.scope('middle.first'), x, time, lowest);
  x = timedBlock(parameters.scope('middle.second'), mapAttention(parameters.scope('middle'), entered), time, lowest);

  const decoder: Value[] = [];
  for (let level = bottom; level >= 0; level--) {
    for (let index = 0; index <= blocks; index++) {
      const skip = skips.pop();
      x = block(`up${level}.block${index}`, skip === undefined ? x : concat([x, skip], 1), level);
      decoder.push(x);
    }
    if (level > 0) x = double(parameters.scope(`up${level}.double`), x);
  }
  const output = activatedConv(parameters.scope('output'), x, 3 * patch ** 2, nearZero);
  return { decoder, noise: unpatchMap(output, patch) };
}
