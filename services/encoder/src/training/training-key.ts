import { createHash } from 'node:crypto';
import type { Dataset } from '@parallax/datasets';
import { type Recipe, recipeFingerprint } from '@parallax/paradigms';
import type { Engine } from '@parallax/runtime';
import { canonicalJson } from '@parallax/store';
import { stepsPerEpoch } from './recipe-settings.ts';

/**
 * Raised whenever training gives other bytes although neither recipe nor data have changed: another order of the images,
 * another way to draw, another gradient of an operator. Encoders trained before are then trained anew.
 */
const trainingVersion = 1;

/** sha256 over everything that decides the bytes of a trained bundle. */
export function trainingKey(recipe: Recipe, dataset: Dataset, seed: number, engine: Engine): string {
  const context = { classes: dataset.classes.length, side: dataset.shape[2] };
  const steps = recipe.schedule.epochs * stepsPerEpoch(recipe, dataset.length);
  const description = {
    trainingVersion,
    recipe: recipeFingerprint(recipe, context, steps),
    dataset: dataset.digest,
    seed,
    engine: engine.name,
  };
  return createHash('sha256').update(canonicalJson(description)).digest('hex');
}
