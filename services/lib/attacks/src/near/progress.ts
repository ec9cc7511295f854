import type { BoundAttack } from '../attack.ts';

export interface NearProgress {
  readonly attack: string;
  /** Updates made in this restart, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Counted from 0, of `restarts`. */
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

/** Counts updates of single samples. */
export class ProgressMeter {
  readonly #attack: BoundAttack;
  readonly #report: ((progress: NearProgress) => void) | undefined;
  #done = 0;
  #total = 0;

  constructor(attack: BoundAttack, report: ((progress: NearProgress) => void) | undefined) {
    this.#attack = attack;
    this.#report = report;
  }

  begin(samples: number): void {
    this.#total = samples * this.#attack.restarts * this.#attack.procedure.steps;
  }

  /** `updates` more updates were made for each sample whose loss is given. */
  advance(now: { readonly step: number; readonly restart: number }, updates: number, losses: readonly number[]): void {
    this.#done += updates * losses.length;
    const { name, restarts, procedure } = this.#attack;
    this.#report?.({
      attack: name,
      ...now,
      steps: procedure.steps,
      restarts,
      active: losses.length,
      meanLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      done: this.#done,
      total: this.#total,
    });
  }

  /** Samples leave: the updates left to them are no longer necessary. */
  leave(samples: number, { step, restart }: { readonly step: number; readonly restart: number }): void {
    const { restarts, procedure } = this.#attack;
    this.#done += samples * (procedure.steps - step + (restarts - restart - 1) * procedure.steps);
  }
}
