import { createObjective, fillDraws, fillStepDraws } from '@parallax/objectives';
import type { Engine } from '@parallax/runtime';
import { int64, type Tensor, toNumbers } from '@parallax/tensor';
import { type Budget, createBall } from '../budget.ts';
import { compileNear, type NearExecutable } from '../near/compile.ts';
import { placeNear } from '../near/place.ts';
import type { GivenOptions } from '../options.ts';
import { findAttack } from '../registry.ts';
import type { Vector } from './reference.ts';
import { toyDims, toyImages, toyPerceptron, toyPixels } from './toy-encoder.ts';

/** The state of an attack between two steps: `attack.*` and `track.*`. */
export type StepState = Readonly<Record<string, Tensor>>;

/** An attack on the toy perceptron that is looked at step by step. */
export interface SteppedAttack {
  readonly attack: string;
  readonly options: GivenOptions;
  readonly budget: Budget;
  readonly sampleIds: readonly number[];
  readonly labels: readonly number[];
  /** For attacks that aim at one class in a start. */
  readonly targets?: readonly number[];
  /** For attacks that aim at several classes in a start: those of each sample, equally many. */
  readonly rivals?: readonly (readonly number[])[];
  readonly classes: number;
}

/** Places an attack, on its own objective, and runs its graphs one step at a time. */
export async function stepToy(engine: Engine, setting: SteppedAttack) {
  const { attack, options, budget, classes } = setting;
  const definition = findAttack(attack);
  const bound = definition.bind(options, createBall(budget, toyDims));
  const encoder = toyPerceptron(classes);
  const program = placeNear(bound, createObjective(definition.objective), encoder, { selection: 'transfer' });
  return { stepper: new Stepper(await compileNear(program, engine), setting), bound };
}

/** Runs the graphs of an attack one step at a time. */
export class Stepper {
  readonly #near: NearExecutable;
  readonly #sampleIds: readonly number[];
  readonly #labels: readonly number[];
  readonly #targets: readonly number[];
  readonly #rivals: readonly (readonly number[])[];

  constructor(
    near: NearExecutable,
    {
      sampleIds,
      labels,
      targets = [],
      rivals = [],
    }: Pick<SteppedAttack, 'sampleIds' | 'labels' | 'targets' | 'rivals'>,
  ) {
    this.#near = near;
    this.#sampleIds = sampleIds;
    this.#labels = labels;
    this.#targets = targets;
    this.#rivals = rivals;
  }

  start(restart = 0): Promise<StepState> {
    const rivals = int64([this.#rivals.length, this.#rivals[0]?.length ?? 0], this.#rivals.flat());
    const draws = fillDraws(this.#near.program.start.draws, { seed: 1, sampleIds: this.#sampleIds, restart });
    return this.#run('start', { ...draws, restart: int64([], [restart]), rivals });
  }

  /** The state after `count` steps from that before step `first`. */
  steps(state: StepState, first: number, count: number): Promise<StepState> {
    const key = { seed: 1, sampleIds: this.#sampleIds, step: first };
    const drawn = fillStepDraws(this.#near.program.step.attackDraws, key, count, 1);
    return this.#run('step', { first: int64([], [first]), count: int64([], [count]), ...drawn, ...fed(state) });
  }

  /** What the attack returns: `images` and `loss`. */
  finish(state: StepState): Promise<StepState> {
    const draws = fillDraws(this.#near.program.finish.draws, { seed: 1, sampleIds: this.#sampleIds });
    return this.#run('finish', { ...draws, ...fed(state) });
  }

  /** The numbers that the start draws for a sample; of an attack with one draw there. */
  drawnAtStart(row: number): Vector {
    return only(fillDraws(this.#near.program.start.draws, { seed: 1, sampleIds: this.#idOf(row) }));
  }

  /** The numbers that the attack draws for a sample in one step; of an attack with one draw a step. */
  drawnAt(step: number, row: number): Vector {
    const key = { seed: 1, sampleIds: this.#idOf(row), step };
    return only(fillStepDraws(this.#near.program.step.attackDraws, key, 1, 1));
  }

  #idOf(row: number): readonly number[] {
    return this.#sampleIds.slice(row, row + 1);
  }

  async #run(stage: 'start' | 'step' | 'finish', offered: StepState): Promise<StepState> {
    const executable = this.#near[stage];
    const labels = int64([this.#labels.length], this.#labels);
    const targets = int64([this.#targets.length], this.#targets);
    const all: StepState = { ...offered, clean: toyImages(this.#sampleIds), labels, targets };
    const feeds = Object.fromEntries(executable.inputs.map((name) => [name, all[name] as Tensor]));
    const next = Object.entries(await executable.run(feeds));
    return Object.fromEntries(next.map(([name, tensor]) => [name.replace('next.', ''), tensor]));
  }
}

/** A state under the names that graphs take it in by. */
function fed(state: StepState): StepState {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [`state.${name}`, tensor]));
}

/** The numbers of the only tensor there is. */
function only(drawn: Readonly<Record<string, Tensor>>): Vector {
  const [first, ...others] = Object.values(drawn);
  if (first === undefined || others.length > 0) throw new RangeError('expected one draw');
  return toNumbers(first);
}

/** One image of a state. */
export function imageAt(state: StepState, name: string, row: number): Vector {
  return toNumbers(state[name] as Tensor).slice(row * toyPixels, (row + 1) * toyPixels);
}

/** One number of a state. */
export function numberAt(state: StepState, name: string, row: number): number {
  return toNumbers(state[name] as Tensor)[row] ?? Number.NaN;
}
