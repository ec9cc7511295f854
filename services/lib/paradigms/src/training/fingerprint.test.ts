import { mul } from '@parallax/graph';
import { describe, expect, it } from 'vitest';
import { recipes } from '../recipes.ts';
import { recipeFingerprint } from './fingerprint.ts';
import { sgd } from './optimizers.ts';
import { type Paradigm, paradigms, type Recipe } from './recipe.ts';

const context = { classes: 10, side: 32 };
const steps = 40;

function tiny(paradigm: Paradigm): Recipe {
  const recipe = recipes[paradigm]?.tiny;
  if (recipe === undefined) throw new Error(`no tiny recipe for ${paradigm}`);
  return recipe;
}

const fingerprint = (recipe: Recipe) => recipeFingerprint(recipe, context, steps);

describe('the fingerprint of a recipe', () => {
  it('is always the same, and another for every paradigm', () => {
    const all = paradigms.map((paradigm) => fingerprint(tiny(paradigm)));
    expect(new Set(all).size).toBe(4);
    expect(fingerprint(tiny('sl'))).toBe(all[0]);
  });

  it.each<[string, (recipe: Recipe) => Partial<Recipe>]>([
    ['loss', ({ loss }) => ({ loss: (...given) => mul(loss(...given), 2) })],
    ['optimiser', () => ({ optimizer: sgd({ momentum: 0.5, weightDecay: 0 }) })],
    ['schedule', ({ schedule }) => ({ schedule: { ...schedule, learningRate: () => 1 } })],
    ['length', ({ schedule }) => ({ schedule: { ...schedule, epochs: schedule.epochs + 1 } })],
    [
      'encoder',
      ({ model }) => ({
        model: (...given) => {
          const traced = model(...given);
          return { ...traced, encode: (images, draw) => mul(traced.encode(images, draw), 2) };
        },
      }),
    ],
  ])('changes with the %s', (_, change) => {
    const recipe = tiny('sl');
    expect(fingerprint({ ...recipe, ...change(recipe) })).not.toBe(fingerprint(recipe));
  });
});
