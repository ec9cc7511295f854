import { tiny as contrastiveTiny } from './contrastive/recipes.ts';
import { tiny as diffusionTiny } from './diffusion/recipes.ts';
import { tiny as maskedTiny } from './masked/recipes.ts';
import { tiny as supervisedTiny } from './supervised/recipes.ts';
import type { Paradigm, Recipe, Size } from './training/recipe.ts';

/** Every recipe there is, by paradigm and size. */
export const recipes: { readonly [P in Paradigm]?: { readonly [S in Size]?: Recipe } } = {
  sl: { tiny: supervisedTiny },
  cl: { tiny: contrastiveTiny },
  mim: { tiny: maskedTiny },
  dm: { tiny: diffusionTiny },
};
