import type { BoundAttack } from '../attack.ts';

export interface NearProgress {
  readonly attack: string;
  /** Updates made in this restart, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Starts before this one, of `restarts`: restarts and targets. */
  readonly restart: number;
  readonly restarts: number;
  /** Samples under attack now. */
  readonly active: number;
  /** Mean objective over them when they were last looked at. */
  readonly meanLoss: number;
  /** Updates of single samples made or no longer necessary, of `total`. */
  readonly done: number;
  readonly total: number;
}

/** The work of one stage for one sample. */
interface Work {
  readonly attack: BoundAttack;
  readonly starts: number;
}

/** Where a sample stands: the stage of a cascade, the start within it, and the updates made since. */
export interface Place {
  readonly stage: number;
  readonly restart: number;
  readonly step: number;
}

/** Counts updates of single samples. */
export class ProgressMeter {
  readonly #stages: readonly Work[];
  readonly #report: ((progress: NearProgress) => void) | undefined;
  #done = 0;
  #total = 0;

  constructor(stages: readonly Work[], report: ((progress: NearProgress) => void) | undefined) {
    this.#stages = stages;
    this.#report = report;
  }

  begin(samples: number): void {
    this.#total = samples * this.#leftFrom({ stage: 0, restart: 0, step: 0 });
  }

  /** `updates` more updates were made for each sample whose loss is given. */
  advance({ stage, restart, step }: Place, updates: number, losses: readonly number[]): void {
    this.#done += updates * losses.length;
    const work = this.#stages[stage];
    if (work === undefined) return;
    this.#report?.({
      attack: work.attack.name,
      step,
      restart,
      steps: work.attack.procedure.steps,
      restarts: work.starts,
      active: losses.length,
      meanLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      done: this.#done,
      total: this.#total,
    });
  }

  /** Samples leave: the updates left to them are no longer necessary. */
  leave(samples: number, place: Place): void {
    this.#done += samples * this.#leftFrom(place);
  }

  /** Samples end a start early: its other steps are no longer necessary. */
  end(samples: number, { stage, step }: Place): void {
    this.#done += samples * ((this.#stages[stage]?.attack.procedure.steps ?? step) - step);
  }

  /** Samples pass by a stage that has nothing to do for them. */
  skip(samples: number, stage: number): void {
    const place = { restart: 0, step: 0 };
    this.#done += samples * (this.#leftFrom({ ...place, stage }) - this.#leftFrom({ ...place, stage: stage + 1 }));
  }

  /** Updates still to be made for a sample that is not broken. */
  #leftFrom({ stage, restart, step }: Place): number {
    return this.#stages.slice(stage).reduce((sum, { attack, starts }, index) => {
      const whole = starts * attack.procedure.steps;
      return sum + (index === 0 ? whole - restart * attack.procedure.steps - step : whole);
    }, 0);
  }
}
