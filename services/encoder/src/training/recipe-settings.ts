import { type GivenOptions, type OptionsOf, type OptionTable, parseOptions } from '@parallax/attacks';
import { InputError } from '@parallax/config';
import type { Recipe } from '@parallax/paradigms';

/** What a training run may change about a recipe. What is not given stays as the recipe has it. */
export const recipeSettings = {
  epochs: {
    type: 'integer',
    unit: 'epochs',
    default: undefined,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Passes over the training images.',
  },
  batchSize: {
    type: 'integer',
    unit: 'images',
    default: undefined,
    minimum: 2,
    maximum: 65_536,
    documentation: 'Images a step; a multiple of the parts that the recipe splits a batch into.',
  },
  learningRate: {
    type: 'real',
    unit: '',
    default: undefined,
    minimum: 1e-9,
    maximum: 100,
    documentation: 'Largest learning rate; the schedule keeps its form.',
  },
} as const satisfies OptionTable;

type RecipeSettings = OptionsOf<typeof recipeSettings>;

/**
 * The recipe with the settings given.
 * @throws InputError naming every setting that is unknown, out of range, or does not fit the recipe.
 */
export function adjustRecipe(recipe: Recipe, given: GivenOptions, field = 'overrides'): Recipe {
  const settings = parseOptions(recipeSettings, given, field);
  const { epochs = recipe.schedule.epochs, batchSize = recipe.schedule.batchSize } = settings;
  const { shards } = recipe.schedule;
  if (batchSize % shards !== 0) {
    throw new InputError([
      { field: `${field}.batchSize`, expected: `a multiple of ${shards}`, got: String(batchSize) },
    ]);
  }
  return { ...recipe, schedule: { epochs, batchSize, shards, learningRate: learningRateOf(recipe, settings) } };
}

function learningRateOf({ schedule }: Recipe, { learningRate }: RecipeSettings): Recipe['schedule']['learningRate'] {
  if (learningRate === undefined) return schedule.learningRate;
  const peaks = new Map<number, number>();
  return (step, steps) => {
    const peak = peaks.get(steps) ?? peakOf(schedule, steps);
    peaks.set(steps, peak);
    return (learningRate / peak) * schedule.learningRate(step, steps);
  };
}

function peakOf({ learningRate }: Recipe['schedule'], steps: number): number {
  let peak = 0;
  for (let step = 0; step < steps; step++) peak = Math.max(peak, learningRate(step, steps));
  return peak;
}

/** Optimiser steps of one epoch: what does not fill a batch is left out. */
export function stepsPerEpoch({ schedule }: Recipe, images: number): number {
  return Math.floor(images / schedule.batchSize);
}
