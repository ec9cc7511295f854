import { type DrawSpec, fillDraws, fillStepDraws } from '@parallax/objectives';
import { batchSize, elementCount, gatherBatch, int64, type Tensor } from '@parallax/tensor';
import { Aims } from './aims.ts';
import { type NearBatch, sceneFeeds } from './batch.ts';
import type { NearExecutable } from './compile.ts';
import { PartRunner, type Rows, rowsOf } from './part-runner.ts';
import { below, prefixed, type Stage } from './program.ts';
import type { Runner } from './runner.ts';

export interface StageRunnerOptions {
  readonly seed: number | bigint;
  /** Samples in one run. */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
}

/** Steps are put into one run as long as it takes no longer than this: an abort waits for the run that is under way. */
const runMs = 250;

/** Random numbers made ahead for one run. */
const drawsAhead = 2 ** 24;

/** Runs the stages of an attack that is fused with its encoder: many steps in one run. */
export class StageRunner implements Runner {
  readonly #near: NearExecutable;
  readonly #options: StageRunnerOptions;
  readonly #parts: PartRunner;
  readonly #aims: Aims;
  readonly #negativeIds: readonly number[];
  #msPerStep = runMs;

  /** @throws InputError when the batch is not what the program takes. */
  constructor(near: NearExecutable, batch: NearBatch, options: StageRunnerOptions) {
    this.#near = near;
    this.#options = options;
    const { program, parallelism } = near;
    const scene = sceneFeeds(program, batch);
    this.#parts = new PartRunner(scene, batch.sampleIds, { parallelism, ...options });
    this.#aims = new Aims(program);
    const { negatives } = scene.shared;
    this.#negativeIds = negatives === undefined ? [] : [...Array(batchSize(negatives)).keys()];
  }

  get capacity(): number {
    return this.#parts.capacity;
  }

  aimAt(ranking: readonly (readonly number[])[]): void {
    this.#aims.set(ranking);
  }

  evaluate(samples: readonly number[], images: Tensor, draw: number): Promise<Rows> {
    const { evaluate, program } = this.#near;
    return this.#parts.run(evaluate, samples, (part, ids) => ({
      images: gatherBatch(images, part),
      ...this.#draws(program.evaluate, ids, { restart: 0, draw }),
    }));
  }

  async start(samples: readonly number[], restart: number): Promise<Rows> {
    const { start, program } = this.#near;
    const next = await this.#parts.run(start, samples, (part, ids) => ({
      ...this.#targets(samples, part, restart),
      ...this.#aims.beginning(
        part.map((place) => samples[place] as number),
        restart,
      ),
      ...this.#draws(program.start, ids, { restart, draw: 0 }),
    }));
    return below('next.', next);
  }

  async advance(
    samples: readonly number[],
    state: Rows,
    range: { readonly from: number; readonly to: number; readonly restart: number },
    passed: (step: number, state: Rows) => void,
  ): Promise<Rows> {
    let current = state;
    for (let at = range.from; at < range.to; ) {
      const count = Math.min(range.to - at, this.#stepsPerRun(samples.length));
      current = await this.#step(samples, current, { at, count, restart: range.restart });
      at += count;
      passed(at, current);
    }
    return current;
  }

  finish(samples: readonly number[], state: Rows, restart: number): Promise<Rows> {
    const { finish, program } = this.#near;
    return this.#parts.run(finish, samples, (part, ids) => ({
      ...prefixed('state.', rowsOf(state, part)),
      ...this.#targets(samples, part, restart),
      ...this.#draws(program.finish, ids, { restart, draw: 0 }),
    }));
  }

  async #step(
    samples: readonly number[],
    state: Rows,
    { at, count, restart }: { readonly at: number; readonly count: number; readonly restart: number },
  ): Promise<Rows> {
    const { step, program } = this.#near;
    const { seed } = this.#options;
    let slowest = 0;
    const next = await this.#parts.run(
      step,
      samples,
      (part, sampleIds) => ({
        first: int64([], [at]),
        count: int64([], [count]),
        ...prefixed('state.', rowsOf(state, part)),
        ...this.#targets(samples, part, restart),
        ...fillStepDraws(program.step.draws, { seed, sampleIds, restart, step: at }, count, program.draws),
        ...fillStepDraws(program.step.attackDraws, { seed, sampleIds, restart, step: at }, count, 1),
        ...this.#negativeDraws(program.step.negativeDraws),
      }),
      (ms) => {
        slowest = Math.max(slowest, ms);
      },
    );
    this.#msPerStep = Math.max(slowest / count, 1e-3);
    return below('next.', next);
  }

  /** What a start aims at, where the attack chooses; it stands above what the batch says. */
  #targets(samples: readonly number[], part: readonly number[], restart: number): Rows {
    const chosen = part.map((place) => samples[place] as number);
    const aimed = this.#aims.of(chosen, restart);
    return aimed === undefined ? {} : { targets: int64([aimed.length], aimed) };
  }

  #stepsPerRun(samples: number): number {
    const { program } = this.#near;
    const size = (specs: readonly DrawSpec[]): number => specs.reduce((sum, { dims }) => sum + elementCount(dims), 0);
    const numbers = size(program.step.draws) * program.draws + size(program.step.attackDraws);
    const memory = drawsAhead / Math.max(1, numbers * Math.min(samples, this.#options.batchSize));
    return Math.max(1, Math.floor(Math.min(runMs / this.#msPerStep, memory)));
  }

  /** Feeds of the draws a stage makes once. Negatives keep theirs over all stages, restarts and steps. */
  #draws(stage: Stage, sampleIds: readonly number[], key: { readonly restart: number; readonly draw: number }): Rows {
    const { seed } = this.#options;
    return {
      ...fillDraws(stage.draws, { seed, sampleIds, ...key }),
      ...this.#negativeDraws(stage.negativeDraws),
    };
  }

  #negativeDraws(specs: readonly DrawSpec[]): Rows {
    return fillDraws(specs, { seed: this.#options.seed, sampleIds: this.#negativeIds });
  }
}
