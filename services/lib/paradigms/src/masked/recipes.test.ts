import { adamW } from '../training/optimizers.ts';
import { recipeContract } from '../training/recipe.contract.ts';
import { masked } from './recipes.ts';

const network = { width: 16, depth: 1, heads: 2 };
const shape = { patch: 4, maskRatio: 0.75, encoder: network, decoder: { ...network, width: 8 } } as const;
const quick = {
  size: 'tiny',
  schedule: { epochs: 20, batchSize: 16, shards: 2, learningRate: () => 3e-3 },
  optimizer: adamW({ beta1: 0.9, beta2: 0.95, weightDecay: 0.05 }),
} as const;

recipeContract({ ...masked({ ...shape, pooling: 'class+mean' }, 'mae', 1), ...quick }, { kind: 'maeReconstruction' });
