import { PreconditionError } from '@parallax/config';
import {
  add,
  constant,
  differentiate,
  div,
  GraphError,
  gather,
  input,
  mul,
  NotDifferentiableError,
  repeat,
  reshape,
  scalarConstant,
  type Value,
} from '@parallax/graph';
import { type Draw, type DrawSpec, recordDraws, scopeDraw } from '@parallax/objectives';
import { zeros } from '@parallax/tensor';
import type { Observation, State } from '../attack.ts';
import { everySample } from '../norms/per-sample.ts';
import { look, type Scene, type SceneDraws } from './scene.ts';
import { entry } from './state-entry.ts';

/** What a step sees. */
export interface Look {
  /** [N] */
  readonly loss: Value;
  /** [N,C,H,W]; absent when the attack asks for none. */
  readonly gradient?: Value;
  /** [N,K]; absent without a judge. */
  readonly logits?: Value;
  /** The class that is seen, int64 [N]. */
  readonly prediction?: Value;
}

/**
 * A look as an attack sees it; `isReached` reads predictions.
 * @throws GraphError, on use, for what the attack has not declared to need.
 */
export function observationOf(
  { loss, gradient, logits, prediction }: Look,
  isReached: (prediction: Value) => Value,
): Observation {
  const seen = (name: string, value: Value | undefined): Value => {
    if (value === undefined) throw new GraphError('attack', `${name}: expected it among what the attack needs`);
    return value;
  };
  return {
    loss,
    get gradient() {
      return seen('gradient', gradient);
    },
    get logits() {
      return seen('logits', logits);
    },
    get reached() {
      return isReached(seen('logits', prediction));
    },
  };
}

export interface ObserveOptions {
  /** Whether the gradient is wanted besides the loss. */
  readonly gradient: boolean;
  /** The step within its loop, an int64 scalar. */
  readonly iteration: Value;
  /** Looks averaged, each with draws of its own. */
  readonly draws: number;
  readonly negatives: Draw;
  /** Columns of the logits; undefined without a judge. */
  readonly classes: number | undefined;
}

export interface Observed {
  readonly mean: Look;
  /** One of the looks averaged: what is traced to make it is what one draw costs. */
  readonly single: Look;
  readonly specs: readonly DrawSpec[];
}

/** Traces a step's look at some images. Its draws are inputs [K,E,N,…] for K steps of E draws. */
export function observe(scene: Scene, images: Value, options: ObserveOptions): Observed {
  const { iteration, draws, negatives, classes, gradient } = options;
  const lookWith = (draw: Value): Omit<Observed, 'mean'> => {
    const record = recordDraws((spec) => {
      const all = input(spec.name, ['K', draws, 'N', ...spec.dims]);
      return gather(gather(all, iteration), draw);
    });
    return {
      single: lookOnce(scene, images, { own: scopeDraw(record.draw, 'gradient'), negatives }, gradient),
      specs: record.specs,
    };
  };
  if (draws === 1) {
    const once = lookWith(scalarConstant(0, 'int64'));
    return { ...once, mean: once.single };
  }
  return averaged(draws, nothing(images, classes, gradient), lookWith);
}

function averaged(draws: number, initial: State, lookWith: (draw: Value) => Omit<Observed, 'mean'>): Observed {
  const traced: Omit<Observed, 'mean'>[] = [];
  const sums = repeat(scalarConstant(draws, 'int64'), initial, (draw, state) => {
    const once = lookWith(draw);
    traced.push(once);
    const seen: State = { ...once.single };
    return Object.fromEntries(Object.entries(state).map(([name, sum]) => [name, add(sum, entry(seen, name))]));
  });
  const [once] = traced;
  if (once === undefined) throw new GraphError('attack', 'expected the loop to be traced');
  const mean = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, div(sum, draws)]));
  return {
    ...once,
    mean: {
      loss: entry(mean, 'loss'),
      ...(mean['gradient'] === undefined ? {} : { gradient: mean['gradient'] }),
      ...(mean['logits'] === undefined ? {} : { logits: mean['logits'] }),
    },
  };
}

/** Where sums begin. */
function nothing(images: Value, classes: number | undefined, gradient: boolean): State {
  const none = everySample(0, images);
  return {
    loss: none,
    ...(gradient ? { gradient: mul(images, 0) } : {}),
    ...(classes === undefined ? {} : { logits: add(reshape(none, [-1, 1]), constant(zeros('float32', [1, classes]))) }),
  };
}

function lookOnce(scene: Scene, images: Value, draws: SceneDraws, gradient: boolean): Look {
  const { loss, logits } = look(scene, images, draws);
  return {
    loss,
    ...(gradient ? { gradient: gradientOf(loss, images, scene.objective.name) } : {}),
    ...(logits === undefined ? {} : { logits }),
  };
}

/** @throws PreconditionError when no gradient reaches the images. */
export function gradientOf(loss: Value, images: Value, objective: string): Value {
  try {
    const [gradient] = differentiate(loss, [images]);
    if (gradient !== undefined) return gradient;
  } catch (error) {
    if (error instanceof NotDifferentiableError) {
      throw new PreconditionError(`${objective}: ${error.message}`, {
        reason: 'NOT_DIFFERENTIABLE',
        facts: { operator: error.op },
        cause: error,
      });
    }
    // Anything but "does not depend on the images" is a graph that could not be built.
    if (!(error instanceof GraphError) || error.op !== 'differentiate') throw error;
  }
  throw new PreconditionError(`${objective}: no gradient reaches the images`, { reason: 'ATTACK_WITHOUT_EFFECT' });
}
