import { AttackRunSpec } from '@parallax/proto/parallax/attack/v1/attack_run';
import type { Summary } from './attack-tally.ts';

/** A specification as plain JSON, which knows no 64-bit integers. */
export type StoredSpec = Omit<AttackRunSpec, 'seed'> & { readonly seed: string };

/** What an attack run leaves behind, as plain JSON. */
export interface StoredResult {
  readonly adversarialSetDigest: string;
  readonly recordDigest: string;
  readonly sampleSetDigest: string;
  readonly summary: Summary;
}

/** Makes a specification fit to be stored. */
export function storedSpec(spec: AttackRunSpec): StoredSpec {
  return { ...spec, seed: String(spec.seed) };
}

/** The inverse of {@link storedSpec}; what was left out of the JSON is filled in again. */
export function loadedSpec({ seed, ...spec }: StoredSpec): AttackRunSpec {
  return { ...AttackRunSpec.fromPartial(spec), seed: BigInt(seed) };
}
