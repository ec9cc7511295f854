import type { Value } from '@parallax/graph';
import { weak } from '../augmentation/weak.ts';
import { linear } from '../model/layers.ts';
import type { Parameters } from '../model/parameters.ts';
import { adamW } from '../training/optimizers.ts';
import type { Recipe } from '../training/recipe.ts';
import { warmupCosine } from '../training/schedule.ts';
import { type ResNetShape, resNet } from './encoder.ts';
import { crossEntropy } from './loss.ts';

const tinyShape: ResNetShape = { stemStride: 2, widths: [24, 48, 96], blocks: [1, 1, 1], features: 512 };

function head(parameters: Parameters, features: Value, classes: number): Value {
  return linear(parameters.scope('head'), features, classes);
}

/** What supervised recipes of all sizes share: a residual network, its own head, and weak augmentation (protocol §3). */
export function supervised(
  shape: ResNetShape,
  architecture: string,
): Pick<Recipe, 'paradigm' | 'architecture' | 'stochastic' | 'model' | 'loss'> {
  return {
    paradigm: 'sl',
    architecture,
    stochastic: false,
    model: (parameters, { classes }) => ({
      encode: (images) => resNet(parameters, images, shape),
      classify: (features) => head(parameters, features, classes),
    }),
    loss: (parameters, { images, labels, draw }, { classes }) =>
      crossEntropy(head(parameters, resNet(parameters, weak(images, draw), shape), classes), labels),
  };
}

/** Trains in about 45 s on two cores (docs/decisions/004). AdamW instead of the protocol's SGD: better after few steps. */
export const tiny: Recipe = {
  ...supervised(tinyShape, 'resnet-8'),
  size: 'tiny',
  schedule: {
    epochs: 9,
    batchSize: 64,
    shards: 2,
    learningRate: (step, steps) => warmupCosine(4e-3, 40, steps)(step),
  },
  optimizer: adamW({ beta1: 0.9, beta2: 0.999, weightDecay: 0.05 }),
};
