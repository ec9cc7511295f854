import { int64 } from '@parallax/tensor';
import { rounds } from '../attack.ts';
import type { Rows } from './part-runner.ts';
import type { PlacedAttack } from './runner.ts';

/** What each start of an attack that chooses its targets aims at. */
export class Aims {
  readonly #targets: number;
  /** Classes that starts take turns to aim at. */
  readonly #rounds: number;
  readonly #isOneEach: boolean;
  #ranking: readonly (readonly number[])[] = [];

  constructor({ attack, targets }: Pick<PlacedAttack, 'attack' | 'targets'>) {
    this.#targets = targets;
    this.#rounds = rounds(attack);
    this.#isOneEach = targets > 0 && attack.procedureFor === undefined;
  }

  /** For every sample of the batch classes, the first for the first start, and so on. */
  set(ranking: readonly (readonly number[])[]): void {
    this.#ranking = ranking;
  }

  /** The class each of some samples is aimed at; undefined where the attack does not choose, or not one for a start. */
  of(samples: readonly number[], start: number): readonly number[] | undefined {
    if (!this.#isOneEach) return undefined;
    return samples.map((sample) => this.#ranking[sample]?.[start % this.#rounds] ?? -1);
  }

  /** What a start is told: `restart` int64 [] and, where the attack chooses, `rivals` int64 [N,T]. */
  beginning(samples: readonly number[], start: number): Rows {
    const restart = int64([], [Math.floor(start / this.#rounds)]);
    if (this.#targets === 0) return { restart };
    const rivals = samples.flatMap((sample) => this.#ranking[sample] ?? Array<number>(this.#targets).fill(-1));
    return { restart, rivals: int64([samples.length, this.#targets], rivals) };
  }
}
