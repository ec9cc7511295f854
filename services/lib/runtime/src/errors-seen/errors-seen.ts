import { table } from './table.ts';

/**
 * What was compared: gradients with central differences on the engine itself, in float64 or, of operators that have no
 * such kernel, in float32; or results and gradients in float32 with those of the second engine.
 */
export type Comparison = 'float64' | 'float32' | 'engines';

/** The worst relative error that the checks of one operator saw, by what was compared. */
export type ErrorsSeen = { readonly [C in Comparison]?: number };

/** Errors below these are rounding of the check itself: they are recorded as these. */
const least: { readonly [C in Comparison]: number } = { float64: 1e-12, float32: 1e-6, engines: 1e-7 };

/** Processors and versions of kernels round differently: as many times what is recorded is still no more than that. */
const growth = 10;

/** What is recorded of an operator; nothing of one that is not there. */
export function errorsSeen(op: string): ErrorsSeen {
  return (Object.hasOwn(table, op) && table[op]) || {};
}

/** The largest error that a check of an operator may see now. 0: results must be equal. */
export function largestError(op: string, comparison: Comparison): number {
  return growth * (errorsSeen(op)[comparison] ?? 0);
}

/** An error as it is recorded: one digit, upward. */
export function recorded(error: number, comparison: Comparison): number {
  const raised = Math.max(error, least[comparison]);
  const exponent = Math.floor(Math.log10(raised));
  // The text of a power of ten is read exactly; the quotient may be above a whole number by rounding alone.
  const digit = Math.ceil(raised / Number(`1e${exponent}`) - 1e-9);
  return Number(`${digit}e${exponent}`);
}
