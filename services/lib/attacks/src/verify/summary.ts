import type { NormName } from '../norms/norm.ts';
import type { HeadVerdict, SampleRecord } from './record.ts';
import { allowedPrediction, type SuccessDefinition, successDefinitions } from './success.ts';

/** Counts over a set of records. All of them are numbers of samples unless said otherwise. */
export interface AttackCounts {
  readonly samples: number;
  readonly cleanCorrect: number;
  /** Right clean and still right: over all samples, this is robust accuracy. */
  readonly robust: number;
  readonly robustUint8: number;
  /** Right on the stored image, clean errors included: the diagonal of a transfer matrix. */
  readonly adversarialCorrect: number;
  readonly budgetViolations: number;
  readonly success: { readonly [D in SuccessDefinition]: number };
  /** Passes, in images. */
  readonly forward: number;
  /** Gradients, in images. */
  readonly backward: number;
  /** Largest norm of a perturbation that is an image; 0 for no samples. */
  readonly largestNorm: number;
  /** Of several encoders attacked together, each by itself. */
  readonly heads?: readonly HeadCounts[];
}

/** Samples that one of several heads is right about. */
export interface HeadCounts {
  readonly cleanCorrect: number;
  /** On the stored image. */
  readonly adversarialCorrect: number;
}

export function summarize(records: readonly SampleRecord[], norm: NormName): AttackCounts {
  const count = (holds: (record: SampleRecord) => boolean): number => records.filter(holds).length;
  const sum = (of: (record: SampleRecord) => number): number => records.reduce((total, each) => total + of(each), 0);
  return {
    samples: records.length,
    cleanCorrect: count(({ cleanCorrect }) => cleanCorrect),
    robust: count(({ robust }) => robust),
    robustUint8: count(({ robustUint8 }) => robustUint8),
    adversarialCorrect: count((record) => allowedPrediction(record) === record.label),
    budgetViolations: count(({ overBudget }) => overBudget),
    success: {
      misclassified: count(successDefinitions.misclassified),
      flipped: count(successDefinitions.flipped),
      broken: count(successDefinitions.broken),
      targeted: count(successDefinitions.targeted),
    },
    forward: sum(({ forward }) => forward),
    backward: sum(({ backward }) => backward),
    largestNorm: records
      .map((record) => record[norm])
      .filter(Number.isFinite)
      .reduce((most, size) => Math.max(most, size), 0),
    ...headsOf(records),
  };
}

function headsOf(records: readonly SampleRecord[]): Pick<AttackCounts, 'heads'> {
  const [first] = records;
  if (first?.heads === undefined) return {};
  const heads = first.heads.map((_, place): HeadCounts => {
    const right = (classOf: (head: HeadVerdict, record: SampleRecord) => number): number =>
      records.filter((record) => {
        const head = record.heads?.[place];
        return head !== undefined && classOf(head, record) === record.label;
      }).length;
    return {
      cleanCorrect: right(({ cleanPrediction }) => cleanPrediction),
      // As of all heads together: an image over budget is as if it were the clean one.
      adversarialCorrect: right((head, { overBudget }) => allowedPrediction({ ...head, overBudget })),
    };
  });
  return { heads };
}
