/** The life of a run: QUEUED → RUNNING → one of the three terminal states. A run whose process dies is RUNNING until another takes it over. */
export type RunState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** One execution of long work, as it was at `updateTime`. `Spec` and `Result` are plain JSON. */
export interface Run<Spec = unknown, Result = unknown> {
  /** Orders runs by the time of their creation. */
  readonly id: string;
  /** What is run, and by which deployment: `encoder-cl.training`. */
  readonly kind: string;
  /** What the client named its request; empty when it did not. Unique within the kind. */
  readonly requestId: string;
  readonly state: RunState;
  readonly spec: Spec;
  readonly progress: RunProgress | undefined;
  /** Present exactly when the state is SUCCEEDED. */
  readonly result: Result | undefined;
  /** Present exactly when the state is FAILED. */
  readonly error: RunError | undefined;
  /** Cancelling was asked for; the state follows once the work has stopped. */
  readonly cancelRequested: boolean;
  /** How often the work was begun: more than once when a process died or was stopped in the middle. */
  readonly attempt: number;
  readonly createTime: Date;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  readonly updateTime: Date;
  /** Grows with every change. */
  readonly revision: number;
}

/** What the work reports of itself: `done` of `total` `unit`s of a stage. */
export interface ProgressReport {
  /** Such as `training`. Rates are measured within a stage. */
  readonly stage: string;
  readonly done: number;
  /** 0 when it is not known. */
  readonly total: number;
  /** Plural, such as `images`. */
  readonly unit: string;
}

/** A report with what follows from its history. */
export interface RunProgress extends ProgressReport {
  /** Units per second over the last seconds; null before it can be told. */
  readonly rate: number | null;
  /** Until the stage ends at that rate; null when it cannot be told. */
  readonly remainingSeconds: number | null;
}

/** Why a run failed, in the words of the error that a call would have returned. */
export interface RunError {
  /** A canonical gRPC code by name, such as `INVALID_ARGUMENT`. */
  readonly status: string;
  /** Why, in UPPER_SNAKE_CASE, for programs. */
  readonly reason: string;
  readonly message: string;
  /** Fields of the specification to blame; may be empty. */
  readonly violations: readonly { readonly field: string; readonly description: string }[];
}

/** Whether a run will never change again. */
export function isTerminal(state: RunState): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}
