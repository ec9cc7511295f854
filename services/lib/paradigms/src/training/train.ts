import { type Graph, input, inputName } from '@parallax/graph';
import { createDraws, type DrawSpec, fillDraw } from '@parallax/objectives';
import type { Engine, Executable, Feeds, Results } from '@parallax/runtime';
import {
  concatBatch,
  createTensor,
  gatherBatch,
  permutation,
  batchSize as rowCount,
  scalar,
  type Tensor,
  zeros,
} from '@parallax/tensor';
import { initialVector, type Layout, layOut } from '../model/parameters.ts';
import type { ModelContext, Recipe } from './recipe.ts';
import { gradientStep, updateStep } from './step.ts';

/** Images to learn from: [N, 3, H, W] in [0, 1], labels [N], and how many classes there are. */
export interface TrainingSet {
  readonly images: Tensor<'float32'>;
  readonly labels: Tensor<'int64'>;
  readonly classes: number;
}

export interface TrainingProgress {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** Mean training loss of the step just done. */
  readonly loss: number;
}

export interface TrainingOptions {
  readonly engine: Engine;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** A trained model: the two vectors, and how to read them. */
export interface TrainedModel {
  readonly layout: Layout;
  readonly context: ModelContext;
  readonly parameters: Tensor;
  readonly buffers: Tensor;
  /** Mean training loss over the last epoch. */
  readonly finalLoss: number;
  readonly steps: number;
}

/** The loss was not a number any more. */
export class TrainingDivergedError extends Error {
  override readonly name = 'TrainingDivergedError';
}

/** What a training step carries to the next. */
interface State {
  readonly parameters: Tensor;
  readonly buffers: Tensor;
  readonly state: Tensor;
  readonly average: Tensor;
}

/**
 * Trains a recipe from its initial values. Every draw is keyed by the seed, the sample and the step, and shards are a
 * property of the recipe, so the result depends neither on the number of cores nor on timing.
 * @throws TrainingDivergedError when the loss stops being finite; the reason of `signal` when it is aborted.
 */
export async function train(recipe: Recipe, data: TrainingSet, options: TrainingOptions): Promise<TrainedModel> {
  const context = { classes: data.classes, side: data.images.dims[3] ?? 0 };
  const layout = layoutOf(recipe, context);
  const shardSize = recipe.schedule.batchSize / recipe.schedule.shards;
  const gradient = gradientStep(recipe, layout, context, shardSize);
  const executables = await Promise.all(
    [gradient.graph, updateStep(recipe, layout)].map((graph) => options.engine.compile(graph)),
  );
  const [gradientRun, updateRun] = executables as [Executable, Executable];
  const shard = (rows: readonly number[], step: number): Feeds => ({
    ...dataFeeds(gradient.graph, data, rows),
    ...drawFeeds(gradient.draws, rows, options.seed, step),
  });
  try {
    const batches = batchesOf(rowCount(data.images), recipe, options.seed);
    let state = initialState(recipe, layout, options.seed);
    const losses: number[] = [];
    for (const [step, rows] of batches.entries()) {
      options.signal?.throwIfAborted();
      const { parameters, buffers } = state;
      const shards = Array.from({ length: recipe.schedule.shards }, (_, index) =>
        rows.slice(index * shardSize, (index + 1) * shardSize),
      );
      const results = await Promise.all(
        shards.map((part) => gradientRun.run({ parameters, buffers, ...shard(part, step) })),
      );
      losses.push(meanLoss(recipe, results, step));
      state = await update(updateRun, recipe, state, results, step, batches.length);
      options.onProgress?.({ step: step + 1, steps: batches.length, loss: losses.at(-1) ?? 0 });
    }
    const lastEpoch = losses.slice(-Math.ceil(losses.length / recipe.schedule.epochs));
    return {
      layout,
      context,
      parameters: recipe.averageDecay === undefined ? state.parameters : state.average,
      buffers: state.buffers,
      finalLoss: lastEpoch.reduce((sum, loss) => sum + loss, 0) / lastEpoch.length,
      steps: batches.length,
    };
  } finally {
    await Promise.all(executables.map((executable) => executable.close()));
  }
}

/** What a recipe's model and loss together ask for, in the order in which they ask. */
export function layoutOf(recipe: Recipe, context: ModelContext): Layout {
  const draws = createDraws(2);
  const images = input('images', [2, 3, context.side, context.side]);
  return layOut((parameters) => {
    recipe.loss(parameters, { images, labels: input('labels', [2], 'int64'), draw: draws.draw }, context);
  });
}

function initialState(recipe: Recipe, layout: Layout, seed: number): State {
  const parameters = initialVector(layout.parameters, seed);
  const state = zeros('float32', [recipe.optimizer.slots, layout.parameterCount]);
  return { parameters, buffers: initialVector(layout.buffers, seed), state, average: parameters };
}

/** The rows of every batch of every epoch; each epoch has its own order, and what does not fill a batch is left out. */
function batchesOf(count: number, { schedule }: Recipe, seed: number): readonly (readonly number[])[] {
  const { batchSize, epochs } = schedule;
  const perEpoch = Math.floor(count / batchSize);
  if (perEpoch === 0)
    throw new RangeError(`dataset: expected at least ${batchSize} images for one batch, got ${count}`);
  return Array.from({ length: epochs }, (_, epoch) => {
    const order = permutation({ seed, purpose: 'training.order', step: epoch }, count);
    return Array.from({ length: perEpoch }, (_, batch) => [
      ...order.subarray(batch * batchSize, (batch + 1) * batchSize),
    ]);
  }).flat();
}

function dataFeeds(graph: Graph, data: TrainingSet, rows: readonly number[]): Feeds {
  const images = { images: gatherBatch(data.images, rows) };
  const labelled = graph.inputs.some((value) => inputName(value) === 'labels');
  return labelled ? { ...images, labels: gatherBatch(data.labels, rows) } : images;
}

function drawFeeds(draws: readonly DrawSpec[], rows: readonly number[], seed: number, step: number): Feeds {
  return Object.fromEntries(draws.map((spec) => [spec.name, fillDraw(spec, { seed, step }, rows)]));
}

function meanLoss({ architecture }: Recipe, results: readonly Results[], step: number): number {
  const loss = results.reduce((sum, result) => sum + Number(output(result, 'loss').data[0]), 0) / results.length;
  if (!Number.isFinite(loss)) throw new TrainingDivergedError(`${architecture}: the loss is ${loss} at step ${step}`);
  return loss;
}

async function update(
  executable: Executable,
  recipe: Recipe,
  state: State,
  results: readonly Results[],
  step: number,
  steps: number,
): Promise<State> {
  const next = await executable.run({
    parameters: state.parameters,
    gradient: stacked(results, 'gradient'),
    buffers: stacked(results, 'nextBuffers'),
    state: state.state,
    average: state.average,
    learningRate: scalar(recipe.schedule.learningRate(step, steps)),
    step: scalar(step + 1),
    // The running average warms up, so that it forgets the initial values (protocol §2.7).
    averageDecay: scalar(Math.min(recipe.averageDecay ?? 0, (1 + step) / (10 + step))),
  });
  return {
    parameters: output(next, 'nextParameters'),
    buffers: output(next, 'nextBuffers'),
    state: output(next, 'nextState'),
    average: output(next, 'nextAverage'),
  };
}

function stacked(results: readonly Results[], name: string): Tensor {
  return concatBatch(
    results.map((result) => {
      const { dtype, dims, data } = output(result, name);
      return createTensor(dtype, [1, ...dims], data);
    }),
  );
}

function output(results: Results, name: string): Tensor {
  const tensor = results[name];
  if (tensor === undefined) throw new Error(`training: expected an output ${name}, got none`);
  return tensor;
}
