import type { Measurement, Subject } from '@parallax/proto/parallax/metrics/v1/measurement';
import { budgetKey, joinKey } from './grouping.ts';

/** A measurement whose subject is there, as in every stored one. */
export interface Measured<Case extends 'proportion' | 'scalar'> {
  readonly subject: Subject;
  readonly value: Extract<NonNullable<Measurement['value']>, { readonly $case: Case }>['value'];
  readonly sampleSetDigest: string;
}

/**
 * The newest measurement of each subject (and sample set) with a value of the given kind, in the order in which the
 * subjects were first measured. `measurements` come in the order of recording.
 */
export function latest<Case extends 'proportion' | 'scalar'>(
  measurements: readonly Measurement[],
  wanted: Case,
): readonly Measured<Case>[] {
  const bySubject = new Map<string, Measured<Case>>();
  for (const { subject, value, sampleSetDigest } of measurements) {
    if (subject === undefined || value?.$case !== wanted) continue;
    const key = subjectKey(subject, sampleSetDigest);
    // The case was just compared; TypeScript does not narrow a union by a type parameter.
    bySubject.set(key, { subject, value: value.value as Measured<Case>['value'], sampleSetDigest });
  }
  return [...bySubject.values()];
}

function subjectKey(subject: Subject, sampleSetDigest: string): string {
  const { encoder, sourceEncoder, dataset, feature, attack, objective, observedObjective, step, seed } = subject;
  const { paradigm, sourceParadigm, budget } = subject;
  const names = [encoder, sourceEncoder, dataset, feature, attack, objective, observedObjective];
  return joinKey(...names, paradigm, sourceParadigm, budgetKey(budget), step, seed, sampleSetDigest);
}
