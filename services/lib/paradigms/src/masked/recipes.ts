import { add, constant, fixedDim, type Value } from '@parallax/graph';
import type { Draw, Reconstruction } from '@parallax/objectives';
import { zeros } from '@parallax/tensor';
import { weak } from '../augmentation/weak.ts';
import type { Parameters } from '../model/parameters.ts';
import { unpatchify } from '../model/patches.ts';
import { adamW } from '../training/optimizers.ts';
import type { Recipe } from '../training/recipe.ts';
import { warmupCosine } from '../training/schedule.ts';
import { decodePatches, encodeTokens, features, inputPatches, type MaskedShape } from './encoder.ts';
import { hiddenError } from './loss.ts';
import { type Mask, maskByScores } from './mask.ts';

const tinyShape: MaskedShape = {
  patch: 4,
  maskRatio: 0.75,
  encoder: { width: 128, depth: 3, heads: 4 },
  decoder: { width: 64, depth: 1, heads: 4 },
  pooling: 'class+mean',
};

export function masked(
  shape: MaskedShape,
  architecture: string,
): Pick<Recipe, 'paradigm' | 'architecture' | 'stochastic' | 'model' | 'loss'> {
  return {
    paradigm: 'mim',
    architecture,
    stochastic: false,
    model: (parameters) => ({
      encode: (images) => features(parameters, images, shape),
      reconstruct: (images, draw, maskRatio) => reconstruct(parameters, images, shape, draw, maskRatio),
    }),
    loss: (parameters, { images, draw }) => {
      const patches = inputPatches(weak(images, draw), shape);
      const mask = drawMask(patches, draw, shape.maskRatio);
      return hiddenError(predict(parameters, patches, shape, mask), patches, mask.hidden);
    },
  };
}

function drawMask(patches: Value, draw: Draw, ratio: number): Mask {
  return maskByScores(draw('mask.scores', 'uniform', [fixedDim(patches.shape, 1)]), ratio);
}

function predict(parameters: Parameters, patches: Value, shape: MaskedShape, mask: Mask): Value {
  return decodePatches(parameters, encodeTokens(parameters, patches, shape, mask), shape, mask);
}

function reconstruct(
  parameters: Parameters,
  images: Value,
  shape: MaskedShape,
  draw: Draw,
  ratio = shape.maskRatio,
): Reconstruction {
  const patches = inputPatches(images, shape);
  const mask = drawMask(patches, draw, ratio);
  // Every pixel of a patch is hidden or seen together, so one channel of the mask serves all three.
  const hiddenPixels = add(mask.hidden, constant(zeros('float32', [1, 1, shape.patch ** 2])));
  return {
    prediction: unpatchify(predict(parameters, patches, shape, mask), shape.patch),
    target: unpatchify(patches, shape.patch),
    mask: unpatchify(hiddenPixels, shape.patch),
  };
}

export const tiny: Recipe = {
  ...masked(tinyShape, 'mae-vit-3'),
  size: 'tiny',
  schedule: {
    epochs: 20,
    batchSize: 64,
    shards: 2,
    learningRate: (step, steps) => warmupCosine(2e-3, 100, steps)(step),
  },
  optimizer: adamW({ beta1: 0.9, beta2: 0.95, weightDecay: 0.05 }),
};
