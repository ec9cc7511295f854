import { relu, type Value } from '@parallax/graph';
import { simclr } from '../augmentation/simclr.ts';
import { linear } from '../model/layers.ts';
import type { Parameters } from '../model/parameters.ts';
import { type ResNetShape, resNet } from '../supervised/encoder.ts';
import { adamW } from '../training/optimizers.ts';
import type { Recipe } from '../training/recipe.ts';
import { warmupCosine } from '../training/schedule.ts';
import { ntXent } from './loss.ts';

const tinyShape: ResNetShape = { stemStride: 2, widths: [24, 48, 96], blocks: [1, 1, 1], features: 512 };
const hiddenWidth = 256;
const projectionWidth = 128;
/** Within the range of protocol §3.3; few negatives favour its upper end. */
const temperature = 0.5;

/** Features → projections, without normalisation (protocol §2.5). */
function projector(parameters: Parameters, features: Value): Value {
  const hidden = relu(linear(parameters.scope('projector1'), features, hiddenWidth));
  return linear(parameters.scope('projector2'), hidden, projectionWidth);
}

/** What contrastive recipes of all sizes share: SimCLR (Chen et al. 2020; protocol §2.5, §3) on a residual network. */
export function contrastive(
  shape: ResNetShape,
  architecture: string,
  temperature: number,
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

/** Trains in about 60 s on two cores (docs/decisions/004). */
export const tiny: Recipe = {
  ...contrastive(tinyShape, 'resnet-8', temperature),
  size: 'tiny',
  schedule: {
    epochs: 6,
    batchSize: 128,
    shards: 2,
    learningRate: (step, steps) => warmupCosine(2e-3, 20, steps)(step),
  },
  optimizer: adamW({ beta1: 0.9, beta2: 0.999, weightDecay: 1e-5 }),
};
