import { createHash } from 'node:crypto';
import type { Dataset } from '@parallax/datasets';
import type { Recipe } from '@parallax/paradigms';
import type { Engine } from '@parallax/runtime';
import { canonicalJson } from '@parallax/store';
import { stepsPerEpoch } from './recipe-settings.ts';

/**
 * Raised whenever a recipe trains something else although none of the numbers below has changed: its architecture, loss,
 * augmentation, initialisation or optimiser. Encoders trained before are then trained anew.
 */
export const recipeVersion = 1;

/** A schedule is told apart by its learning rates at this many steps, first and last included. */
const ratesCompared = 101;

/** sha256 over everything that decides the bytes of a trained bundle. */
export function trainingKey(recipe: Recipe, dataset: Dataset, seed: number, engine: Engine): string {
  const { paradigm, size, architecture, schedule, clipNorm, averageDecay, stochastic } = recipe;
  const { epochs, batchSize, shards, learningRate } = schedule;
  const steps = epochs * stepsPerEpoch(recipe, dataset.length);
  const learningRates = Array.from({ length: ratesCompared }, (_, index) =>
    learningRate(Math.round((index / (ratesCompared - 1)) * Math.max(0, steps - 1)), steps),
  );
  const description = {
    recipeVersion,
    recipe: {
      paradigm,
      size,
      architecture,
      stochastic,
      epochs,
      batchSize,
      shards,
      learningRates,
      clipNorm,
      averageDecay,
    },
    dataset: dataset.digest,
    seed,
    engine: engine.name,
  };
  return createHash('sha256').update(canonicalJson(description)).digest('hex');
}
