/** What the head of one of several encoders says about a sample. */
export interface HeadVerdict {
  readonly cleanPrediction: number;
  readonly prediction: number;
  readonly predictionUint8: number;
  /** As in {@link SampleRecord}. */
  readonly verdictVotes?: number;
  readonly verdictDraws?: number;
}

/**
 * The verified result for one sample. Everything that is said about an attack is derived from these records.
 */
export interface SampleRecord {
  /** Sample id: the index in the full split. */
  readonly sample: number;
  readonly label: number;
  /** Target class of a targeted attack. */
  readonly target?: number;
  readonly cleanPrediction: number;
  readonly cleanCorrect: boolean;
  /** Was right clean and is still right on the stored image, or the stored image is over budget. */
  readonly robust: boolean;
  /** The same for the stored image rounded to uint8. */
  readonly robustUint8: boolean;
  /** Name of the attack, of a cascade of the stage, that broke it; empty when it did not break. */
  readonly brokenBy: string;
  readonly brokenAtStep?: number;
  /** Class of the stored image, from fresh passes; the clean prediction where what is stored is no image. */
  readonly prediction: number;
  readonly predictionUint8: number;
  /** On stochastic encoders, where the stored image is not the clean one: draws that judged it other than its label. */
  readonly verdictVotes?: number;
  /** Of so many draws. */
  readonly verdictDraws?: number;
  /** Ends of the Wilson score interval, at 95 %, of the share of such draws. */
  readonly verdictLower?: number;
  readonly verdictUpper?: number;
  /** The objective at the stored image, as the attack says. */
  readonly loss: number;
  readonly l0: number;
  readonly l1: number;
  readonly l2: number;
  readonly linf: number;
  /** The norm exceeds epsilon by more than 1e-5 relative, or a pixel is outside [0,1] or NaN. */
  readonly overBudget: boolean;
  readonly forward: number;
  readonly backward: number;
  readonly zeroGradient: number;
  readonly nanGradient: number;
  readonly seed: number | bigint;
  /** sha256 of the clean and of the stored image's float32 bytes, in hexadecimal. */
  readonly inputSha256: string;
  readonly outputSha256: string;
  /**
   * What each head says, of several encoders attacked together. The predictions above are then what they say together (see
   * `agreedClass`), and the draws of verdicts are those of each head.
   */
  readonly heads?: readonly HeadVerdict[];
}
