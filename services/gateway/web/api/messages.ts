// The parts of the messages this page reads, in the JSON form of the contracts (proto/parallax/…): 64-bit integers are
// text, instants RFC 3339, enums names. What is optional here is absent until it is known.

/** parallax.common.v1.Proportion */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
  readonly value: number;
  readonly interval?: { readonly lower: number; readonly upper: number };
}

/** parallax.common.v1.Paradigm */
export type Paradigm = 'PARADIGM_UNSPECIFIED' | 'PARADIGM_SL' | 'PARADIGM_CL' | 'PARADIGM_MIM' | 'PARADIGM_DM';

/** parallax.common.v1.RunState */
export type RunState =
  | 'RUN_STATE_UNSPECIFIED'
  | 'RUN_STATE_QUEUED'
  | 'RUN_STATE_RUNNING'
  | 'RUN_STATE_SUCCEEDED'
  | 'RUN_STATE_FAILED'
  | 'RUN_STATE_CANCELLED';

/** parallax.common.v1.Run */
export interface Run {
  readonly id: string;
  readonly state: RunState;
  readonly createTime?: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly error?: {
    readonly reason: string;
    readonly message: string;
    readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
  };
}

/** parallax.common.v1.Budget */
export interface Budget {
  readonly norm: string;
  readonly epsilon: number;
}

/** parallax.experiment.v1.Plan */
export interface Plan {
  readonly title: string;
  readonly trainDataset?: { readonly name: string };
  readonly testDataset?: { readonly name: string };
  readonly encoders: readonly PlannedEncoder[];
  readonly attacks: readonly PlannedAttack[];
  readonly attackSamples: number;
  readonly seed: string;
}

/** parallax.experiment.v1.PlannedEncoder */
export interface PlannedEncoder {
  readonly name: string;
  readonly training?: { readonly paradigm: Paradigm };
  readonly existing?: { readonly paradigm: Paradigm };
}

/** parallax.experiment.v1.PlannedAttack */
export interface PlannedAttack {
  readonly name: string;
  readonly attack?: { readonly name: string; readonly budget?: Budget };
}

/** parallax.experiment.v1.Stage */
export type Stage =
  | 'STAGE_UNSPECIFIED'
  | 'STAGE_TRAIN'
  | 'STAGE_PROBE'
  | 'STAGE_ATTACK'
  | 'STAGE_TRANSFER'
  | 'STAGE_AGGREGATE';

/** parallax.common.v1.Progress */
export interface Progress {
  readonly stage: string;
  readonly done: string;
  readonly total: string;
  readonly unit: string;
  readonly ratePerSecond: number;
  readonly remainingSeconds?: number;
}

/** parallax.experiment.v1.StageProgress */
export interface StageProgress {
  readonly stage: Stage;
  readonly item: string;
  readonly itemsDone: number;
  readonly itemsTotal: number;
  readonly progress?: Progress;
}

/** parallax.experiment.v1.EncoderOutcome */
export interface EncoderOutcome {
  readonly name: string;
  readonly paradigm: Paradigm;
  readonly parameters: string;
  readonly featureDimension: number;
  readonly trainSeconds: number;
  readonly reused: boolean;
  readonly probeAccuracy?: Proportion;
}

/** parallax.experiment.v1.AttackOutcome */
export interface AttackOutcome {
  readonly attack: string;
  readonly encoder: string;
  readonly summary?: {
    readonly samples: number;
    readonly cleanCorrect?: Proportion;
    readonly robust?: Proportion;
    readonly robustUint8?: Proportion;
    readonly budgetViolations: number;
    readonly backward: string;
    readonly attackSeconds: number;
    readonly largestNorm: number;
    readonly diagnostics: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
  };
}

/** parallax.experiment.v1.CellOutcome */
export interface CellOutcome {
  readonly attack: string;
  readonly source: string;
  readonly target: string;
  readonly accuracy?: Proportion;
}

/** parallax.common.v1.TensorArtifact */
export interface TensorArtifact {
  readonly digest: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** parallax.experiment.v1.ImageStrip */
export interface ImageStrip {
  readonly attack: string;
  readonly source: string;
  readonly sampleIds: readonly string[];
  readonly labels: readonly number[];
  readonly classNames: readonly string[];
  readonly clean?: TensorArtifact;
  readonly adversarial?: TensorArtifact;
  readonly predictions: readonly {
    readonly encoder: string;
    readonly clean: readonly number[];
    readonly adversarial: readonly number[];
  }[];
}

/** parallax.experiment.v1.ExperimentResult */
export interface ExperimentResult {
  readonly encoders: readonly EncoderOutcome[];
  readonly rawPixels?: Proportion;
  readonly attacks: readonly AttackOutcome[];
  readonly cells: readonly CellOutcome[];
  readonly strips: readonly ImageStrip[];
  readonly timings: readonly { readonly stage: Stage; readonly seconds: number }[];
  readonly attackSamples: number;
  readonly sampleSetDigest: string;
}

/** parallax.experiment.v1.Experiment */
export interface Experiment {
  readonly run: Run;
  readonly plan: Plan;
  readonly progress?: StageProgress;
  readonly result?: ExperimentResult;
}

/** parallax.metrics.v1.FeatureMeasure */
export interface FeatureMeasure {
  readonly feature: string;
  readonly attack: string;
  readonly paradigms: readonly { readonly paradigm: Paradigm; readonly absolute?: Proportion }[];
  readonly cross: number;
  readonly crossParadigm: Paradigm;
  readonly complete: boolean;
}

/** One event of an experiment: WatchExperimentResponse by case, and what the gateway adds. */
export type ExperimentEvent =
  | { readonly event: 'snapshot'; readonly data: Experiment }
  | { readonly event: 'progress'; readonly data: StageProgress }
  | { readonly event: 'encoder'; readonly data: EncoderOutcome }
  | { readonly event: 'rawPixels'; readonly data: Proportion }
  | { readonly event: 'attack'; readonly data: AttackOutcome }
  | { readonly event: 'cell'; readonly data: CellOutcome }
  | { readonly event: 'strip'; readonly data: ImageStrip };
