import { constantForms } from './constants.ts';
import { controlForms } from './control.ts';
import type { Forms } from './form.ts';
import { passingForms } from './passing.ts';
import { shapeForms } from './shape.ts';
import { windowForms } from './windows.ts';

/** Operators that the import brings into our graph itself; all others are applied as they stand. */
export const forms: Forms = { ...constantForms, ...controlForms, ...passingForms, ...shapeForms, ...windowForms };
