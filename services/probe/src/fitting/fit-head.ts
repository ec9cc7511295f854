import type { Engine } from '@parallax/runtime';
import type { Tensor } from '@parallax/tensor';
import { float32 } from '@parallax/tensor';
import { chooseSettings, passesAtOnce } from './choose-settings.ts';
import { descendStochastically } from './descend-stochastically.ts';
import { Descent } from './descent.ts';
import { designGraph, foldGraph, statisticsGraph } from './design.ts';
import type { ConjugateGradientsRecipe, FittingRecipe } from './recipe.ts';
import type { DesignData, LinearHead, OnProgress, TrainingData } from './training-data.ts';
import { floatOutput, Workbench } from './workbench.ts';

export interface FittingOptions {
  readonly engine: Engine;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Features of the same images, augmented afresh for an epoch; without it those given serve all epochs. SGD only. */
  readonly featuresOfEpoch?: (epoch: number) => Promise<Tensor<'float32'>>;
}

/** A head, and the settings it was fitted with. */
export interface FittedHead {
  readonly head: LinearHead;
  readonly weightDecay: number;
  readonly epochs: number;
}

/**
 * Fits a linear head. Equal data, recipe and seed give equal bits on the same engine.
 * @throws the reason of the signal within a second of its abortion.
 */
export async function fitHead(data: TrainingData, recipe: FittingRecipe, options: FittingOptions): Promise<FittedHead> {
  await using bench = new Workbench(options.engine, options.signal && { signal: options.signal });
  const scaling = await scalingOf(bench, data.features, recipe.standardize);
  const designOf = await designer(bench, scaling);
  const design: DesignData = { ...data, design: await designOf(data.features) };
  const { weights, ...settings } = await solve(bench, design, recipe, designOf, options);
  const [, classes = 0, width = 0] = weights.dims;
  const folded = await bench.run(foldGraph(width - 1, classes), { weights, ...scaling });
  return { head: { weight: floatOutput(folded, 'weight'), bias: floatOutput(folded, 'bias') }, ...settings };
}

/** The affine map of the features, [1, F] each. */
interface Scaling {
  readonly mean: Tensor<'float32'>;
  readonly scale: Tensor<'float32'>;
}

async function scalingOf(bench: Workbench, features: Tensor<'float32'>, standardize: boolean): Promise<Scaling> {
  const [, count = 0] = features.dims;
  if (!standardize) {
    return {
      mean: float32([1, count], new Float32Array(count)),
      scale: float32([1, count], new Float32Array(count).fill(1)),
    };
  }
  const results = await bench.run(statisticsGraph(count), { features });
  return { mean: floatOutput(results, 'mean'), scale: floatOutput(results, 'scale') };
}

type Designer = (features: Tensor<'float32'>) => Promise<Tensor<'float32'>>;

async function designer(bench: Workbench, scaling: Scaling): Promise<Designer> {
  const graph = designGraph(scaling.mean.data.length);
  return async (features) => floatOutput(await bench.run(graph, { features, ...scaling }), 'design');
}

type Solution = Omit<FittedHead, 'head'> & { readonly weights: Tensor<'float32'> };

async function solve(
  bench: Workbench,
  data: DesignData,
  recipe: FittingRecipe,
  designOf: Designer,
  { seed, onProgress = () => undefined, featuresOfEpoch }: FittingOptions,
): Promise<Solution> {
  if (recipe.solver === 'conjugate-gradients') return solveByConjugateGradients(bench, data, recipe, seed, onProgress);
  const designOfEpoch = featuresOfEpoch && (async (epoch: number) => designOf(await featuresOfEpoch(epoch)));
  const weights = await descendStochastically(bench, data, recipe, { seed, onProgress, designOfEpoch });
  return { weights, weightDecay: recipe.weightDecay, epochs: recipe.epochs };
}

async function solveByConjugateGradients(
  bench: Workbench,
  data: DesignData,
  recipe: ConjugateGradientsRecipe,
  seed: number,
  onProgress: OnProgress,
): Promise<Solution> {
  const settings = await chooseSettings(bench, data, recipe, { seed, onProgress });
  const descent = new Descent(bench, data, [settings.weightDecay]);
  for (let done = 0; done < settings.epochs; ) {
    const passes = Math.min(passesAtOnce, settings.epochs - done);
    await descent.advance(passes);
    done += passes;
    onProgress({ stage: 'fit', done, total: settings.epochs });
  }
  return { weights: descent.weights, ...settings };
}
