/** Checks that follow from what an attack leaves. */
type InherentCheck = 'zero-gradient-rate' | 'nan-gradient-rate' | 'loss-increases' | 'black-box-not-stronger';

/** Checks that take another attack, to compare with. */
export type ComparingCheck =
  | 'black-box-not-stronger'
  | 'random-noise-baseline'
  | 'unbounded-reaches-chance'
  | 'more-steps-not-weaker';

/** One check of whether the attack itself worked: a failure says that the verdicts may be too kind to the encoder. */
export interface Diagnostic {
  readonly name: InherentCheck | ComparingCheck;
  readonly passed: boolean;
  readonly value: number;
  /** The bound that `value` was held against. */
  readonly threshold: number;
  /** Samples behind the value. */
  readonly samples: number;
  /** What it means, in one sentence. */
  readonly detail: string;
}
