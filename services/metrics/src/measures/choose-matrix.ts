import type { Budget } from '@parallax/proto/parallax/common/v1/budget';
import type { TransferMatrix } from '@parallax/proto/parallax/metrics/v1/transfer_matrix';
import { normNameOf } from '../measurements/names.ts';

/** A field that was left open, and what it may be. */
export interface OpenField {
  readonly field: string;
  readonly choices: readonly string[];
}

/** Several matrices fit, and they are not to be mixed. */
export class AmbiguousMatrixError extends Error {
  override readonly name = 'AmbiguousMatrixError';

  constructor(readonly open: readonly OpenField[]) {
    super(`transfer matrix: expected ${open.map(({ field }) => field).join(', ')} to be given, several were recorded`);
  }
}

/** What makes one matrix different from another. */
const features: readonly { readonly field: string; readonly of: (matrix: TransferMatrix) => string }[] = [
  { field: 'attack', of: ({ attack }) => attack },
  { field: 'budget', of: ({ budget }) => describeBudget(budget) },
  { field: 'objective', of: ({ objective }) => objective },
  { field: 'dataset', of: ({ dataset }) => dataset },
  { field: 'sample_set_digest', of: ({ sampleSetDigest }) => sampleSetDigest || 'none' },
];

/**
 * The only matrix of a list, or undefined for an empty list.
 * @throws AmbiguousMatrixError naming the fields in which the matrices differ, with their values.
 */
export function chooseMatrix(matrices: readonly TransferMatrix[]): TransferMatrix | undefined {
  if (matrices.length <= 1) return matrices[0];
  const distinct = features.map(({ field, of }) => ({ field, choices: [...new Set(matrices.map(of))] }));
  throw new AmbiguousMatrixError(distinct.filter(({ choices }) => choices.length > 1));
}

/** A ball in words, such as `LINF 0.031`. */
export function describeBudget(budget: Budget | undefined): string {
  return budget === undefined ? '' : `${normNameOf(budget.norm) ?? ''} ${budget.epsilon}`;
}
