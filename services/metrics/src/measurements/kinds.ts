import { MeasurementKind, type Subject } from '@parallax/proto/parallax/metrics/v1/measurement';

/** Kinds by name, without those that only mean "any" or "unknown". */
export type KindName = Exclude<keyof typeof MeasurementKind, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** What can be told of a subject. The seed is optional for every kind. */
export type SubjectField = Exclude<keyof Subject, 'seed'>;

/** What a measurement of some kind has to say. */
export interface KindRule {
  readonly value: 'proportion' | 'scalar';
  /** Fields of the subject that must be given. */
  readonly needs: readonly SubjectField[];
  /** Fields of the subject that may be given; all others must be empty. */
  readonly allows: readonly SubjectField[];
}

const measured = ['encoder', 'paradigm', 'dataset'] as const;
const attacked = [...measured, 'attack', 'budget', 'objective'] as const;

/** The rule of each kind; see `MeasurementKind` in the contracts. */
export const kindRules: { readonly [K in KindName]: KindRule } = {
  USEFULNESS: { value: 'proportion', needs: measured, allows: ['feature'] },
  RAW_PIXELS: { value: 'proportion', needs: ['dataset'], allows: ['feature'] },
  ROBUSTNESS: { value: 'proportion', needs: attacked, allows: ['feature'] },
  TRANSFER: { value: 'proportion', needs: [...attacked, 'sourceEncoder', 'sourceParadigm'], allows: ['feature'] },
  CLEAN: { value: 'proportion', needs: measured, allows: ['feature'] },
  LOSS: { value: 'scalar', needs: [...attacked, 'observedObjective', 'step'], allows: ['feature'] },
  DURATION: { value: 'scalar', needs: ['encoder'], allows: [...attacked, 'feature'] },
};

export const kindNames = Object.keys(kindRules) as readonly KindName[];

/** The name of a kind, or undefined for UNSPECIFIED and numbers that are none. */
export function kindNameOf(kind: MeasurementKind): KindName | undefined {
  return kindNames.find((name) => MeasurementKind[name] === kind);
}
