import { warmupCosine } from '@parallax/paradigms';
import { float32, int64, permutation, type Tensor, zeros } from '@parallax/tensor';
import type { SgdRecipe } from './recipe.ts';
import { sgdGraph } from './sgd.ts';
import type { DesignData, OnProgress } from './training-data.ts';
import { floatOutput, type Workbench } from './workbench.ts';

export interface StochasticOptions {
  readonly seed: number;
  readonly onProgress: OnProgress;
  /** The design matrix of an epoch; that of the data when left out. */
  readonly designOfEpoch: ((epoch: number) => Promise<Tensor<'float32'>>) | undefined;
}

/** Weights [1, K, D] after all epochs, from zeros. Each epoch has its own order; its steps run in one graph. */
export async function descendStochastically(
  bench: Workbench,
  { design, labels, classes }: DesignData,
  recipe: SgdRecipe,
  { seed, onProgress, designOfEpoch }: StochasticOptions,
): Promise<Tensor<'float32'>> {
  const [count = 0, width = 0] = design.dims;
  const { epochs } = recipe;
  const batch = Math.min(recipe.batchSize, count);
  const steps = Math.floor(count / batch);
  const graph = sgdGraph(width, classes, steps, batch, recipe);
  const rate = warmupCosine(recipe.learningRate, 0, epochs * steps);
  let weights = zeros('float32', [1, classes, width]);
  let velocity = weights;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation({ seed, purpose: 'probe.order', step: epoch }, count).subarray(0, steps * batch);
    const results = await bench.run(graph, {
      design: (await designOfEpoch?.(epoch)) ?? design,
      labels,
      order: int64([steps, batch], [...order]),
      rates: float32(
        [steps],
        Array.from({ length: steps }, (_, step) => rate(epoch * steps + step)),
      ),
      weights,
      velocity,
    });
    weights = floatOutput(results, 'nextWeights');
    velocity = floatOutput(results, 'nextVelocity');
    onProgress({ stage: 'fit', done: epoch + 1, total: epochs });
  }
  return weights;
}
