import {
  add,
  concat,
  createBody,
  createGraph,
  differentiate,
  type Graph,
  input,
  mul,
  reduceMean,
  reshape,
  slice,
  sub,
  type Value,
} from '@parallax/graph';
import { createDraws, type DrawSpec } from '@parallax/objectives';
import { fastConvolutions } from '@parallax/runtime';
import { bind, type Layout } from '../model/parameters.ts';
import { clipNorm, decayMask } from './optimizers.ts';
import type { ModelContext, Recipe } from './recipe.ts';

/** One half of a training step: parameters and a shard of the batch in; loss, gradient and buffers out. */
export interface GradientStep {
  readonly graph: Graph;
  readonly draws: readonly DrawSpec[];
}

/**
 * Inputs `parameters` [P], `buffers` [B], `images` [n, 3, H, W], `labels` [n] and the declared draws;
 * outputs `loss` (scalar), `gradient` [P], `nextBuffers` [B].
 */
export function gradientStep(recipe: Recipe, layout: Layout, context: ModelContext, shardSize: number): GradientStep {
  const parameters = input('parameters', [layout.parameterCount]);
  const buffers = input('buffers', [layout.bufferCount]);
  const images = input('images', [shardSize, 3, context.side, context.side]);
  const labels = input('labels', [shardSize], 'int64');
  const draws = createDraws(shardSize);
  const updates = new Map<string, Value>();
  const bound = bind(layout, { parameters, buffers }, { training: true, updates });
  const loss = reduceMean(recipe.loss(bound, { images, labels, draw: draws.draw }, context), undefined, false);
  const moved = layout.buffers.map(({ name }) => {
    const value = updates.get(name);
    if (value === undefined) throw new Error(`training: buffer ${name} was not updated`);
    return reshape(value, [-1]);
  });
  const nextBuffers = moved.length === 0 ? buffers : concat(moved, 0);
  // Before differentiation, so that the gradients of convolutions are computed in tiles too.
  const forward = fastConvolutions(
    createBody(
      [],
      [
        { name: 'loss', value: loss },
        { name: 'nextBuffers', value: nextBuffers },
      ],
    ),
    { weights: 'any' },
  );
  const [tiledLoss = loss, tiledBuffers = nextBuffers] = forward.outputs.map(({ value }) => value);
  const [gradient] = differentiate(tiledLoss, [parameters]);
  if (gradient === undefined) throw new Error('training: expected a gradient');
  const used = recipe.paradigm === 'sl' ? [images, labels] : [images];
  return {
    graph: createGraph([parameters, buffers, ...used, ...draws.inputs], {
      loss: tiledLoss,
      gradient,
      nextBuffers: tiledBuffers,
    }),
    draws: draws.specs,
  };
}

/**
 * The other half: the mean gradient of the shards moves the parameters. Inputs `parameters` [P], `gradient` [shards, P],
 * `buffers` [shards, B], `state` [slots, P], `average` [P], `learningRate`, `step`, `averageDecay` (scalars); outputs
 * `nextParameters`, `nextBuffers`, `nextState`, `nextAverage`.
 */
export function updateStep(recipe: Recipe, layout: Layout): Graph {
  const size = layout.parameterCount;
  const parameters = input('parameters', [size]);
  const shards = input('gradient', [recipe.schedule.shards, size]);
  const buffers = input('buffers', [recipe.schedule.shards, layout.bufferCount]);
  const state = input('state', [recipe.optimizer.slots, size]);
  const average = input('average', [size]);
  const learningRate = input('learningRate', []);
  const step = input('step', []);
  const averageDecay = input('averageDecay', []);
  const mean = reduceMean(shards, [0], false);
  const gradient = recipe.clipNorm === undefined ? mean : clipNorm(mean, recipe.clipNorm);
  const slots = Array.from({ length: recipe.optimizer.slots }, (_, index) =>
    reshape(slice(state, [{ axis: 0, start: index, end: index + 1 }]), [size]),
  );
  const next = recipe.optimizer.update(parameters, gradient, slots, { learningRate, step, decayed: decayMask(layout) });
  const nextAverage = add(mul(average, averageDecay), mul(next.parameters, sub(1, averageDecay)));
  return createGraph([parameters, shards, buffers, state, average, learningRate, step, averageDecay], {
    nextParameters: next.parameters,
    nextBuffers: reduceMean(buffers, [0], false),
    nextState: concat(
      next.state.map((value) => reshape(value, [1, size])),
      0,
    ),
    nextAverage: nextAverage,
  });
}
