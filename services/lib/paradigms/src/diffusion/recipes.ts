import {
  averagePool,
  cast,
  fixedDim,
  floor,
  globalAveragePool,
  minimum,
  mul,
  reshape,
  sub,
  type Value,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { flip } from '../augmentation/weak.ts';
import type { Parameters } from '../model/parameters.ts';
import { flatten } from '../model/shape.ts';
import { adamW } from '../training/optimizers.ts';
import type { Recipe } from '../training/recipe.ts';
import { warmupCosine } from '../training/schedule.ts';
import { type UNetShape, unet } from './encoder.ts';
import { noiseError } from './loss.ts';
import { diffuse, linearSchedule } from './schedule.ts';

/** Where the features of a diffusion model are taken. */
export interface ProbePoint {
  /** Counted from 0. */
  readonly timestep: number;
  /** Which residual block of the decoder, counted from 1 at the bottleneck as in protocol §2.7. */
  readonly block: number;
  /** Squares along each axis that the map is averaged over; 1 is global average pooling. */
  readonly cells: number;
}

export interface DiffusionShape {
  readonly network: UNetShape;
  readonly probe: ProbePoint;
}

const timesteps = 1000;
const alphaBar = linearSchedule(timesteps, 1e-4, 0.02);

const tinyShape: DiffusionShape = {
  network: { patch: 4, widths: [64, 96], blocks: 1, attention: [] },
  probe: { timestep: 11, block: 3, cells: 2 },
};

/** What diffusion recipes of all sizes share: DDPM (Ho et al. 2020; protocol §2.7, §3). */
export function diffusion(
  { network, probe }: DiffusionShape,
  architecture: string,
): Pick<Recipe, 'paradigm' | 'architecture' | 'stochastic' | 'model' | 'loss'> {
  const predict = (parameters: Parameters, images: Value, noise: Value, timestep: Value | number) =>
    unet(parameters, diffuse(sub(mul(images, 2), 1), noise, timestep, alphaBar), timestep, network);
  return {
    paradigm: 'dm',
    architecture,
    stochastic: true,
    model: (parameters) => ({
      encode: (images, draw) => {
        const { decoder } = predict(parameters, images, drawNoise(images, draw), probe.timestep);
        const map = decoder[probe.block - 1];
        if (map === undefined) throw new RangeError(`probe.block: expected 1 to ${decoder.length}, got ${probe.block}`);
        return pooled(map, probe.cells);
      },
      denoise: (images, noise, timestep) => predict(parameters, images, noise, timestep).noise,
      diffusion: { timestep: probe.timestep, alphaBar },
    }),
    loss: (parameters, { images, draw }) => {
      const noise = drawNoise(images, draw);
      const uniform = reshape(draw('diffusion.timestep', 'uniform', [1]), [-1]);
      const timestep = cast(minimum(floor(mul(uniform, timesteps)), timesteps - 1), 'int64');
      return noiseError(predict(parameters, flip(images, draw), noise, timestep).noise, noise);
    },
  };
}

function drawNoise(images: Value, draw: Draw): Value {
  return draw(
    'diffusion.noise',
    'normal',
    [1, 2, 3].map((axis) => fixedDim(images.shape, axis)),
  );
}

/** [N, C, H, W] → means over `cells` × `cells` squares, [N, C · cells²]. */
function pooled(map: Value, cells: number): Value {
  if (cells === 1) return flatten(globalAveragePool(map));
  const window = [2, 3].map((axis) => fixedDim(map.shape, axis) / cells);
  return flatten(averagePool(map, window, { strides: window }));
}

export const tiny: Recipe = {
  ...diffusion(tinyShape, 'unet-64-96'),
  size: 'tiny',
  schedule: { epochs: 2, batchSize: 64, shards: 2, learningRate: (step, steps) => warmupCosine(2e-3, 40, steps)(step) },
  optimizer: adamW({ beta1: 0.9, beta2: 0.999, weightDecay: 0 }),
  clipNorm: 1,
  averageDecay: 0.99,
};
