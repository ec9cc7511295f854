import { type DrawSpec, fillDraws } from '@parallax/objectives';
import type { Executable } from '@parallax/runtime';
import { int64, type Tensor, toNumbers } from '@parallax/tensor';
import { Aims } from '../near/aims.ts';
import { assertBatch, classFeeds, inputsOf, type NearBatch } from '../near/batch.ts';
import { PartRunner, type Rows, rowsOf } from '../near/part-runner.ts';
import { below, prefixed } from '../near/program.ts';
import type { Runner } from '../near/runner.ts';
import type { FarExecutable } from './compile.ts';
import type { LookRequest, Observer } from './observer.ts';
import { takesTargets } from './place.ts';
import type { FarProgram } from './program.ts';

export interface FarRunnerOptions {
  readonly seed: number | bigint;
  /** Samples in one run of the attack's own graphs. */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
}

/** What keys the draws of a stage besides seed and sample. */
type DrawKey = Pick<LookRequest, 'restart'> & { readonly step?: number };

/** Runs the stages of an attack whose looks are made elsewhere: one look of every source a step. */
export class FarRunner implements Runner {
  readonly #far: FarExecutable;
  readonly #observers: readonly Observer[];
  readonly #options: FarRunnerOptions;
  readonly #parts: PartRunner;
  readonly #aims: Aims;

  /** `observers`: one for each source, in the same order. @throws InputError when the batch is not what the program takes. */
  constructor(far: FarExecutable, observers: readonly Observer[], batch: NearBatch, options: FarRunnerOptions) {
    const { program, parallelism } = far;
    this.#far = far;
    this.#observers = observers;
    this.#options = options;
    assertBatch(program, batch, wantedBy(program));
    const scene = { perSample: classFeeds(batch), shared: {} };
    this.#parts = new PartRunner(scene, batch.sampleIds, { parallelism, ...options });
    this.#aims = new Aims(program);
  }

  get capacity(): number {
    return this.#parts.capacity;
  }

  aimAt(ranking: readonly (readonly number[])[]): void {
    this.#aims.set(ranking);
  }

  async evaluate(samples: readonly number[], images: Tensor, draw: number): Promise<Rows> {
    const { rank, evaluate } = this.#far;
    const look = { ...onceFor('verdict', 0), samples, images, firstDraw: draw };
    if (rank === undefined) return this.#run(evaluate, samples, await this.#see(look));
    // Which classes are aimed at follows from the logits; until they are known, any will do.
    const first = await this.#see({ ...look, targets: samples.map(() => 0) });
    const { ranking } = await this.#run(rank, samples, first);
    if (ranking === undefined) throw new RangeError('ranking: expected classes, got none');
    const seen = takesTargets(this.#far.program.sources)
      ? await this.#see({ ...look, targets: firstColumn(ranking) })
      : first;
    return { ...(await this.#run(evaluate, samples, seen)), ranking };
  }

  async start(samples: readonly number[], restart: number): Promise<Rows> {
    const { start, program } = this.#far;
    const draws = { specs: program.start.draws, key: { restart } };
    const { restart: index, ...perSample } = this.#aims.beginning(samples, restart);
    const given = { ...this.#aimed(samples, restart), ...perSample };
    return below('next.', await this.#run(start, samples, given, draws, index === undefined ? {} : { restart: index }));
  }

  async advance(
    samples: readonly number[],
    state: Rows,
    { from, to, restart }: { readonly from: number; readonly to: number; readonly restart: number },
    passed: (step: number, state: Rows) => void,
  ): Promise<Rows> {
    const { step: executable, program } = this.#far;
    const { draws, gradient } = program;
    let current = state;
    for (let step = from; step < to; step++) {
      const look = { ...onceFor('gradient', restart), step, draws, gradient };
      const seen = await this.#see({ ...look, samples, ...this.#ahead(samples, current, restart) });
      const given = { ...prefixed('state.', current), ...seen, ...this.#aimed(samples, restart) };
      const own = { specs: program.step.attackDraws, key: { restart, step } };
      current = below('next.', await this.#run(executable, samples, given, own, { step: int64([], [step]) }));
      passed(step + 1, current);
    }
    return current;
  }

  async finish(samples: readonly number[], state: Rows, restart: number): Promise<Rows> {
    const { finish, predict } = this.#far;
    const ahead = this.#ahead(samples, state, restart);
    const last = await this.#see({ ...onceFor('finish', restart), samples, ...ahead });
    const given = { ...prefixed('state.', state), ...last, ...this.#aimed(samples, restart) };
    const result = await this.#run(finish, samples, given);
    const { images } = result;
    if (predict === undefined || images === undefined) return result;
    const seen = await this.#see({ ...onceFor('result', restart), samples, ...ahead, images });
    return { ...result, ...(await this.#run(predict, samples, { ...seen, ...this.#aimed(samples, restart) })) };
  }

  /** What is to be looked at next, and what it is aimed at. */
  #ahead(samples: readonly number[], state: Rows, restart: number): Pick<LookRequest, 'images' | 'targets'> {
    const { 'look.images': images, 'look.targets': aim } = state;
    if (images === undefined) throw new RangeError('look.images: expected images, got none');
    const targets = aim === undefined ? this.#aims.of(samples, restart) : toNumbers(aim);
    return { images, ...(targets === undefined ? {} : { targets }) };
  }

  /** What a start aims at, where the attack chooses; it stands above what the batch says. */
  #aimed(samples: readonly number[], restart: number): Rows {
    const aimed = this.#aims.of(samples, restart);
    return aimed === undefined ? {} : { targets: int64([aimed.length], aimed) };
  }

  /** Asks all sources at once. */
  async #see(request: LookRequest): Promise<Rows> {
    this.#options.signal?.throwIfAborted();
    const { targets: _, ...untargeted } = request;
    const seen = await Promise.all(
      this.#observers.map((observer, index) => {
        const isTargeted = this.#far.program.sources[index]?.objective.needs.includes('targets');
        return observer.look(isTargeted ? request : untargeted);
      }),
    );
    const named = seen.flatMap((each, index) =>
      Object.entries(each).map(([name, tensor]) => [`${name}.${index}`, tensor] as const),
    );
    return Object.fromEntries(named);
  }

  /** Runs one of the attack's own graphs on `given`, which has a row for each of `samples`. */
  #run(
    executable: Executable,
    samples: readonly number[],
    given: Rows,
    { specs, key }: { readonly specs: readonly DrawSpec[]; readonly key: DrawKey } = { specs: [], key: { restart: 0 } },
    shared: Rows = {},
  ): Promise<Rows> {
    const { seed } = this.#options;
    const wanted = Object.fromEntries(Object.entries(given).filter(([name]) => executable.inputs.includes(name)));
    return this.#parts.run(executable, samples, (part, sampleIds) => ({
      ...rowsOf(wanted, part),
      ...shared,
      ...fillDraws(specs, { seed, sampleIds, draw: 0, ...key }),
    }));
  }
}

/** What is needed of a batch: for the attack's own graphs, and for the classes of the objectives. */
function wantedBy({ sources, evaluate, start, step, finish }: FarProgram): ReadonlySet<string> {
  const classes = sources.flatMap(({ objective }) =>
    objective.needs.filter((need) => need === 'labels' || need === 'targets'),
  );
  return new Set([...inputsOf([evaluate, start, step, finish]), ...classes]);
}

/** One draw without gradient, unless said otherwise. */
function onceFor(purpose: LookRequest['purpose'], restart: number): Omit<LookRequest, 'samples' | 'images'> {
  return { purpose, restart, step: 0, firstDraw: 0, draws: 1, gradient: false };
}

/** The first column of a matrix int64 [N,T]. */
function firstColumn(matrix: Tensor): readonly number[] {
  const [, columns = 1] = matrix.dims;
  return toNumbers(matrix).filter((_, index) => index % columns === 0);
}
