import { constantForms } from './constants.ts';
import { controlForms } from './control.ts';
import type { Forms } from './form.ts';
import { indexForms } from './indices.ts';
import { microsoftForms } from './microsoft.ts';
import { passingForms } from './passing.ts';
import { resizeForms } from './resize.ts';
import { shapeForms } from './shape.ts';
import { softmaxForms } from './softmax.ts';
import { windowForms } from './windows.ts';

/** Operators that the import brings into our graph itself; all others are applied as they stand. */
export const forms: Forms = {
  ...constantForms,
  ...controlForms,
  ...indexForms,
  ...microsoftForms,
  ...passingForms,
  ...resizeForms,
  ...shapeForms,
  ...softmaxForms,
  ...windowForms,
};
