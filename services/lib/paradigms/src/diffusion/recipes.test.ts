import { adamW } from '../training/optimizers.ts';
import { recipeContract } from '../training/recipe.contract.ts';
import { diffusion } from './recipes.ts';

const shape = {
  network: { patch: 2, widths: [8, 16], blocks: 1, attention: [] },
  probe: { timestep: 11, block: 2, cells: 1 },
};
const quick = {
  size: 'tiny',
  schedule: { epochs: 20, batchSize: 16, shards: 2, learningRate: () => 5e-3 },
  optimizer: adamW({ beta1: 0.9, beta2: 0.99, weightDecay: 0 }),
  clipNorm: 1,
  averageDecay: 0.9,
} as const;

recipeContract({ ...diffusion(shape, 'unet'), ...quick }, { kind: 'ddpmNoise' });
