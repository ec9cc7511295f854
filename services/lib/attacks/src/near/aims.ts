/** What each start of an attack that chooses its targets aims at. */
export class Aims {
  readonly #count: number;
  #ranking: readonly (readonly number[])[] = [];

  /** `count`: classes aimed at one after the other; 0 when the attack chooses none. */
  constructor(count: number) {
    this.#count = count;
  }

  /** For every sample of the batch classes, the first for the first start, and so on. */
  set(ranking: readonly (readonly number[])[]): void {
    this.#ranking = ranking;
  }

  /** The classes some samples are aimed at; undefined where the attack does not choose. */
  of(samples: readonly number[], restart: number): readonly number[] | undefined {
    if (this.#count === 0) return undefined;
    return samples.map((sample) => this.#ranking[sample]?.[restart % this.#count] ?? -1);
  }
}
