import { globalAveragePool, relu, type Value } from '@parallax/graph';
import { normalizedConv, residualBlock, same } from '../model/layers.ts';
import type { Parameters } from '../model/parameters.ts';
import { flatten } from '../model/shape.ts';

/** Widths of the stages of a residual network and the number of blocks in each; every stage but the first halves the side. */
export interface ResNetShape {
  readonly stemStride: number;
  readonly widths: readonly number[];
  readonly blocks: readonly number[];
  /** Features: a 1×1 convolution widens the last stage to this many before they are pooled; none when left out. */
  readonly features?: number;
}

/** A residual network with the CIFAR stem (3×3, no max-pool): [N, 3, H, W] in [0, 1] → pooled features [N, last width]. */
export function resNet(
  parameters: Parameters,
  images: Value,
  { stemStride, widths, blocks, features }: ResNetShape,
): Value {
  const [first = 0] = widths;
  let x = relu(
    normalizedConv(parameters.scope('stem'), images, first, 3, { pads: same(3), strides: [stemStride, stemStride] }),
  );
  widths.forEach((width, stage) => {
    for (let block = 0; block < (blocks[stage] ?? 0); block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      x = residualBlock(parameters.scope(`stage${stage}.block${block}`), x, width, stride);
    }
  });
  if (features !== undefined) x = relu(normalizedConv(parameters.scope('widen'), x, features, 1));
  return flatten(globalAveragePool(x));
}
