import { type DrawSpec, fillDraws, fillStepDraws } from '@parallax/objectives';
import type { Executable, Results } from '@parallax/runtime';
import { batchSize, concatBatch, elementCount, gatherBatch, int64, sliceBatch, type Tensor } from '@parallax/tensor';
import { type NearBatch, type SceneFeeds, sceneFeeds } from './batch.ts';
import type { NearExecutable } from './compile.ts';
import { mapLimited, partsOf } from './parts.ts';
import { below, prefixed, type Stage } from './program.ts';

/** Tensors by name, one row a sample. */
export type Rows = Readonly<Record<string, Tensor>>;

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

/**
 * Runs the stages of a program for some of the samples of a batch, cut into parts that run side by side. What comes out
 * for one sample depends neither on the others nor on the cut.
 */
export class StageRunner {
  readonly #near: NearExecutable;
  readonly #options: StageRunnerOptions;
  readonly #scene: SceneFeeds;
  readonly #sampleIds: readonly number[];
  readonly #negativeIds: readonly number[];
  #msPerStep = runMs;
  #ranking: readonly (readonly number[])[] = [];

  /** @throws InputError when the batch is not what the program takes. */
  constructor(near: NearExecutable, batch: NearBatch, options: StageRunnerOptions) {
    this.#near = near;
    this.#options = options;
    this.#scene = sceneFeeds(near.program, batch);
    this.#sampleIds = batch.sampleIds;
    const { negatives } = this.#scene.shared;
    this.#negativeIds = negatives === undefined ? [] : [...Array(batchSize(negatives)).keys()];
  }

  /** Samples that are worked on at the same time. */
  get capacity(): number {
    return this.#options.batchSize * this.#near.parallelism;
  }

  /** Fixes what each start aims at: for every sample of the batch classes, the first for the first start, and so on. */
  aimAt(ranking: readonly (readonly number[])[]): void {
    this.#ranking = ranking;
  }

  /** Loss, prediction and ranking of images, one for each of `samples`, with the verdict draw of this index. */
  evaluate(samples: readonly number[], images: Tensor, draw: number): Promise<Rows> {
    const { evaluate, program } = this.#near;
    return this.#inParts(evaluate, samples, (part, ids) => ({
      images: gatherBatch(images, part),
      ...this.#draws(program.evaluate, ids, { restart: 0, draw }),
    }));
  }

  /** The state before the first step. */
  async start(samples: readonly number[], restart: number): Promise<Rows> {
    const { start, program } = this.#near;
    const next = await this.#inParts(start, samples, (part, ids) => ({
      ...this.#targets(samples, part, restart),
      ...this.#draws(program.start, ids, { restart, draw: 0 }),
    }));
    return below('next.', next);
  }

  /** The state after step `to - 1`, given that before step `from`. `passed` hears of every few steps made. */
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

  /** What is returned, given the state after the last step. */
  finish(samples: readonly number[], state: Rows, restart: number): Promise<Rows> {
    const { finish, program } = this.#near;
    return this.#inParts(finish, samples, (part, ids) => ({
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
    const next = await this.#inParts(
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
    const { targets } = this.#near.program;
    if (targets === 0) return {};
    const aimed = part.map((place) => this.#ranking[samples[place] as number]?.[restart % targets] ?? -1);
    return { targets: int64([aimed.length], aimed) };
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

  /**
   * Runs a stage for samples of the batch. `feedsOf` gets the places in `samples` that a part is made of, and their ids; of
   * what it and the scene offer, the stage takes what it has inputs for.
   */
  async #inParts(
    executable: Executable,
    samples: readonly number[],
    feedsOf: (part: readonly number[], ids: readonly number[]) => Rows,
    took: (ms: number) => void = () => undefined,
  ): Promise<Rows> {
    const { signal, batchSize: largest } = this.#options;
    const parts = partsOf(samples.length, largest, this.#near.parallelism);
    const results = await mapLimited(parts, this.#near.parallelism, async (part) => {
      const rows = atLeastTwo(part);
      const chosen = rows.map((row) => samples[row] as number);
      const ids = chosen.map((sample) => this.#sampleIds[sample] as number);
      const offered = {
        ...rowsOf(taken(this.#scene.perSample, executable.inputs), chosen),
        ...this.#scene.shared,
        ...feedsOf(rows, ids),
      };
      const began = performance.now();
      const result = await executable.run(taken(offered, executable.inputs), signal === undefined ? {} : { signal });
      took(performance.now() - began);
      return rows === part ? result : mapRows(result, (tensor) => sliceBatch(tensor, 0, part.length));
    });
    return joined(results);
  }
}

/** onnxruntime takes other code for a single row, which rounds differently: a lone sample is run twice. */
function atLeastTwo(part: readonly number[]): readonly number[] {
  const [only] = part;
  return part.length === 1 && only !== undefined ? [only, only] : part;
}

/** The rows named, of every tensor. */
export function rowsOf(rows: Rows, which: readonly number[]): Rows {
  return mapRows(rows, (tensor) => gatherBatch(tensor, which));
}

function mapRows(rows: Rows, change: (tensor: Tensor) => Tensor): Rows {
  return Object.fromEntries(Object.entries(rows).map(([name, tensor]) => [name, change(tensor)]));
}

function taken(offered: Rows, names: readonly string[]): Rows {
  return Object.fromEntries(names.flatMap((name) => (offered[name] === undefined ? [] : [[name, offered[name]]])));
}

function joined(results: readonly Results[]): Rows {
  const [first = {}] = results;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, concatBatch(results.map((result) => result[name] as Tensor))]),
  );
}
