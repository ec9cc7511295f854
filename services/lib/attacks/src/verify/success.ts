import type { SampleRecord } from './record.ts';

/** What it can mean that an attack has succeeded on a sample. A rate always names the one it uses. */
export type SuccessDefinition = 'misclassified' | 'flipped' | 'broken' | 'targeted';

/** An image over budget is as if the attack had returned the clean one. */
export function allowedPrediction({
  overBudget,
  cleanPrediction,
  prediction,
}: Pick<SampleRecord, 'overBudget' | 'cleanPrediction' | 'prediction'>): number {
  return overBudget ? cleanPrediction : prediction;
}

export const successDefinitions: { readonly [D in SuccessDefinition]: (record: SampleRecord) => boolean } = {
  /** Judged wrong, clean errors included (foolbox, torchattacks, TransferAttack). */
  misclassified: (record) => allowedPrediction(record) !== record.label,
  /** Judged otherwise than the clean image, right or wrong (ART). */
  flipped: (record) => allowedPrediction(record) !== record.cleanPrediction,
  /** Was judged right clean and is not any more (AutoAttack). */
  broken: ({ cleanCorrect, robust }) => cleanCorrect && !robust,
  /** Judged as the target. */
  targeted: (record) => record.target !== undefined && allowedPrediction(record) === record.target,
};
