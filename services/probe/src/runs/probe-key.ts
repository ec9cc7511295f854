import { createHash } from 'node:crypto';
import { canonicalJson } from '@parallax/store';

/** Raised whenever equal settings come to give another head: heads fitted before are then fitted anew. */
const fittingVersion = 1;

/** Everything that decides a head and its accuracies. */
export interface ProbeInputs {
  /** Identity of the feature source. */
  readonly source: string;
  /** Digests of the datasets. */
  readonly trainDataset: string;
  readonly testDataset: string;
  /** The recipe with everything filled in. */
  readonly recipe: object;
  readonly seed: number;
  /** Name of the engine. */
  readonly engine: string;
}

/** sha256 over everything that decides a head. */
export function probeKey(inputs: ProbeInputs): string {
  return createHash('sha256')
    .update(canonicalJson({ ...inputs, fittingVersion }))
    .digest('hex');
}
