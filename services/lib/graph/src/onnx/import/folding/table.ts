import type { Call, Context } from '../call.ts';
import type { Known } from '../knowledge.ts';
import { elementwiseFolds } from './elementwise.ts';
import type { Fold } from './fold.ts';
import { movementFolds } from './movement.ts';

/** Shape arithmetic: what is computed while a model is imported, as far as the lengths of tensors depend on it. */
const folds: Readonly<Record<string, Fold>> = { ...elementwiseFolds, ...movementFolds };

/** The operators that are computed where their inputs are known. */
export const foldedOperators: readonly string[] = Object.keys(folds);

/** Whether an operator is computed where its inputs are known. */
export function isFolded(op: string): boolean {
  return Object.hasOwn(folds, op);
}

/** The entries that a call gives, where they follow from what is known. */
export function fold({ op, inputs, attributes, outputs }: Call, { knowledge, budget }: Context): Known | undefined {
  const rule = Object.hasOwn(folds, op) ? folds[op] : undefined;
  if (rule === undefined || outputs !== 1) return undefined;
  const known = inputs.map((value) => knowledge.of(value));
  // An input that is there but not known is not the same as one left out.
  if (inputs.some((value, index) => value !== null && known[index] === undefined)) return undefined;
  const folded = rule({ inputs: known, attributes });
  budget.fold(1 + (folded?.entries.length ?? 0));
  return folded;
}
