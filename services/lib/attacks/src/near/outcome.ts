/** What an attack says about one sample when it ends: a claim, which a verifier checks on the stored bytes. */
export interface SampleOutcome {
  readonly sampleId: number;
  /** Whether the sample was attacked at all: in selection verdict only those judged right are. */
  readonly attacked: boolean;
  /** Class of the clean image; absent without a judge. */
  readonly cleanPrediction?: number;
  /** Class of the returned image; absent without a judge. */
  readonly prediction?: number;
  /** The objective at the clean image. */
  readonly cleanLoss: number;
  /** The objective at the returned image. */
  readonly loss: number;
  /** Name of the attack, when it broke the sample; else empty. */
  readonly brokenBy: string;
  /** Updates made when it broke. */
  readonly brokenAtStep?: number;
  /** Passes through the encoder, all draws and restarts counted. */
  readonly forward: number;
  /** Gradients taken. */
  readonly backward: number;
  /** Gradients that were zero everywhere. */
  readonly zeroGradient: number;
  /** Gradients that held a NaN or an infinity; such a step is skipped. */
  readonly nanGradient: number;
}
