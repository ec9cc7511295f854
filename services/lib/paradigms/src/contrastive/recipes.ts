import { relu, type Value } from '@parallax/graph';
import { simclr } from '../augmentation/simclr.ts';
import { linear } from '../model/layers.ts';
import type { Parameters } from '../model/parameters.ts';
import { type ResNetShape, resNet } from '../supervised/encoder.ts';
import { adamW } from '../training/optimizers.ts';
import type { Recipe } from '../training/recipe.ts';
import { warmupCosine } from '../training/schedule.ts';
import { ntXent } from './loss.ts';

const tinyShape: ResNetShape = { stemStride: 2, widths: [32, 64, 128], blocks: [1, 1, 1] };
const projectionWidth = 128;

/** Features → projections, without normalisation (protocol §2.5). */
function projector(parameters: Parameters, features: Value): Value {
  const hidden = relu(linear(parameters.scope('projector1'), features, 256));
  return linear(parameters.scope('projector2'), hidden, projectionWidth);
}

export function contrastive(
  shape: ResNetShape,
  architecture: string,
  temperature = 0.5,
): Pick<Recipe, 'paradigm' | 'architecture' | 'stochastic' | 'model' | 'loss'> {
  return {
    paradigm: 'cl',
    architecture,
    stochastic: false,
    model: (parameters) => ({
      encode: (images) => resNet(parameters, images, shape),
      project: (features) => projector(parameters, features),
    }),
    loss: (parameters, { images, draw }) => {
      const view = (): Value => projector(parameters, resNet(parameters, simclr(images, draw), shape));
      return ntXent(view(), view(), temperature);
    },
  };
}

export const tiny: Recipe = {
  ...contrastive(tinyShape, 'resnet-8'),
  size: 'tiny',
  schedule: {
    epochs: 4,
    batchSize: 128,
    shards: 2,
    learningRate: (step, steps) => warmupCosine(2e-3, 20, steps)(step),
  },
  optimizer: adamW({ beta1: 0.9, beta2: 0.999, weightDecay: 1e-5 }),
};
