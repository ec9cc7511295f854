import type { Recipe, TrainingProgress } from '@parallax/paradigms';
import { stepsPerEpoch } from './recipe-settings.ts';
import type { TrainingMetrics } from './training-spec.ts';

/** Turns the reports of single steps into metrics: the loss is averaged over the epoch. */
export function createMetricsMeter(recipe: Recipe, images: number): (progress: TrainingProgress) => TrainingMetrics {
  const perEpoch = stepsPerEpoch(recipe, images);
  let sum = 0;
  let counted = 0;
  return ({ step, steps, loss }) => {
    const isFirstOfEpoch = (step - 1) % perEpoch === 0;
    sum = isFirstOfEpoch ? loss : sum + loss;
    counted = isFirstOfEpoch ? 1 : counted + 1;
    const learningRate = recipe.schedule.learningRate(step - 1, steps);
    return { epoch: Math.floor(step / perEpoch), step, loss: sum / counted, learningRate };
  };
}
