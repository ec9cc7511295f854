import { add, constant, fixedDim, mul, type Value } from '@parallax/graph';
import type { Draw, Reconstruction } from '@parallax/objectives';
import { zeros } from '@parallax/tensor';
import type { Parameters } from '../model/parameters.ts';
import { unpatchify } from '../model/patches.ts';
import { adamW } from '../training/optimizers.ts';
import type { Recipe } from '../training/recipe.ts';
import { warmupCosine } from '../training/schedule.ts';
import { decodePatches, encodeTokens, features, inputPatches, type MaskedShape } from './encoder.ts';
import { hiddenDetailError, hiddenError } from './loss.ts';
import { type Mask, maskByScores } from './mask.ts';

/** The encoder is as deep and wide as time allows; few heads, because small products are slow. */
const tinyShape: MaskedShape = {
  patch: 4,
  maskRatio: 0.75,
  encoder: { width: 128, depth: 2, heads: 2 },
  decoder: { width: 64, depth: 1, heads: 1 },
  pooling: 'class+mean',
};

/**
 * What masked recipes of all sizes share: MAE (He et al. 2022; protocol §2.6, §3), without augmentation. `detailWeight`
 * says how much the error in the detail of patches counts beside that in their pixels, which alone is protocol §3.1.
 */
export function masked(
  shape: MaskedShape,
  architecture: string,
  detailWeight = 0,
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
      const patches = inputPatches(images, shape);
      const mask = drawMask(patches, draw, shape.maskRatio);
      const prediction = predict(parameters, patches, shape, mask);
      const error = hiddenError(prediction, patches, mask.hidden);
      if (detailWeight === 0) return error;
      return add(error, mul(hiddenDetailError(prediction, patches, mask.hidden), detailWeight));
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

/** docs/decisions/004 */
export const tiny: Recipe = {
  ...masked(tinyShape, 'mae-vit-2', 1),
  size: 'tiny',
  schedule: {
    epochs: 5,
    batchSize: 32,
    shards: 2,
    learningRate: (step, steps) => warmupCosine(3e-3, 100, steps)(step),
  },
  optimizer: adamW({ beta1: 0.9, beta2: 0.95, weightDecay: 0.05 }),
};
