import { createHash } from 'node:crypto';
import { constant, createGraph, encodeModel, freeInputs, type Graph, input } from '@parallax/graph';
import { createDraws } from '@parallax/objectives';
import { zeros } from '@parallax/tensor';
import { traceParts } from '../bundle/export.ts';
import { bind, type Entry, type Layout } from '../model/parameters.ts';
import type { ModelContext, Recipe } from './recipe.ts';
import { updateStep } from './step.ts';
import { layoutOf } from './train.ts';

/** A schedule is told apart by its learning rates at this many steps, first and last included. */
const ratesCompared = 101;

/**
 * sha256 over everything about a recipe that decides what `steps` steps of it give: the law of the initial values, the
 * loss with its augmentations, optimiser and schedule, and the parts of the trained encoder. What is written in graphs is
 * compared as graphs, so that no change of a recipe can be forgotten.
 */
export function recipeFingerprint(recipe: Recipe, context: ModelContext, steps: number): string {
  const layout = layoutOf(recipe, context);
  const hash = createHash('sha256');
  hash.update(JSON.stringify(settingsOf(recipe, steps)));
  hash.update(JSON.stringify([...layout.parameters, ...layout.buffers].map(lawOf)));
  for (const graph of graphsOf(recipe, layout, context)) hash.update(encodeModel(graph));
  return hash.digest('hex');
}

function settingsOf({ schedule, averageDecay, ...recipe }: Recipe, steps: number) {
  const { epochs, batchSize, shards, learningRate } = schedule;
  const last = Math.max(0, steps - 1);
  const rates = Array.from({ length: ratesCompared }, (_, index) =>
    learningRate(Math.round((index / (ratesCompared - 1)) * last), steps),
  );
  const { paradigm, size, architecture, stochastic } = recipe;
  return { paradigm, size, architecture, stochastic, epochs, batchSize, shards, averageDecay, steps, rates };
}

function lawOf({ name, shape, decay, initializer }: Entry) {
  const values = initializer.law === 'table' ? Array.from(initializer.values) : null;
  return { name, shape, decay, initializer: { ...initializer, values } };
}

/** The loss of a shard, the update, and the parts of the trained encoder. The gradient follows from the loss. */
function graphsOf(recipe: Recipe, layout: Layout, context: ModelContext): readonly Graph[] {
  const { batchSize, shards } = recipe.schedule;
  const count = batchSize / shards;
  const trained = {
    parameters: input('parameters', [layout.parameterCount]),
    buffers: input('buffers', [layout.bufferCount]),
  };
  const batch = {
    images: input('images', [count, 3, context.side, context.side]),
    labels: input('labels', [count], 'int64'),
    draw: createDraws(count).draw,
  };
  const loss = recipe.loss(bind(layout, trained, { training: true }), batch, context);
  const kept = {
    parameters: constant(zeros('float32', [layout.parameterCount])),
    buffers: constant(zeros('float32', [layout.bufferCount])),
  };
  const model = recipe.model(bind(layout, kept, { training: false }), context);
  const parts = Object.values(traceParts(model, context.side)).map(({ graph }) => graph);
  return [createGraph(freeInputs([loss]), { loss }), updateStep(recipe, layout), ...parts];
}
