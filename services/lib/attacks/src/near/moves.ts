import {
  cast,
  fixedDim,
  greater,
  input,
  mul,
  oneHot,
  or,
  reshape,
  slice,
  sub,
  topK,
  type Value,
  where,
} from '@parallax/graph';
import { type Draw, scopeDraw } from '@parallax/objectives';
import type { Beginning, BoundAttack, Moment, State } from '../attack.ts';
import { everySample } from '../norms/per-sample.ts';
import { type Look, observationOf } from './observe.ts';
import { below, prefixed } from './program.ts';
import { entry } from './state-entry.ts';
import { isUnusable, reached, startTrack, type Track, track } from './track.ts';

// What the stages of an attack do with what is seen. It is the same wherever the looks come from.

/** Whose moves are traced, and what is written down about them. */
export interface Mover {
  readonly attack: BoundAttack;
  readonly how: Track;
}

/** The state before the first step. */
export function firstState({ attack, how }: Mover, draw: Draw): State {
  const rivals = attack.targets === 0 ? {} : { rivals: input('rivals', ['N', attack.targets], 'int64') };
  const beginning: Beginning = { restart: input('restart', [], 'int64'), ...rivals };
  return {
    ...prefixed('attack.', attack.procedure.init(how.inputs.clean, scopeDraw(draw, 'attack'), beginning)),
    ...prefixed('track.', startTrack(how)),
    ...(attack.procedure.done === undefined ? {} : { [done]: everySample(0, how.inputs.clean, 'int64') }),
  };
}

/** Where the state says whether an attack is done with a sample: 0 or 1. */
const done = 'track.done';

/** Graph inputs that take a state in. */
export function stateInputs(state: State): State {
  return Object.fromEntries(
    Object.entries(state).map(([name, { shape, dtype }]) => [name, input(`state.${name}`, shape, dtype)]),
  );
}

/** What was seen, and where: the images that the attack asked about, [N,C,H,W]. */
export interface SeenAt extends Look {
  readonly images: Value;
}

/** The state after one step. */
export function nextState(
  { attack, how }: Mover,
  current: State,
  seen: SeenAt,
  { step, targets, draw }: Pick<Moment, 'step' | 'targets' | 'draw'>,
): State {
  const before = below('attack.', current);
  const { clean, labels } = how.inputs;
  const observation = observationOf(seen, (prediction) => reached(how, prediction));
  const moment = { clean, labels, targets, step, draw: scopeDraw(draw, 'attack.step') };
  const updated = keepWhere(
    unmoved(attack, current, seen),
    before,
    attack.procedure.update(before, observation, moment),
  );
  const isDone = attack.procedure.done?.(updated);
  return {
    ...prefixed('attack.', updated),
    ...prefixed('track.', track(how, below('track.', current), seen.images, seen, step)),
    ...(isDone === undefined ? {} : { [done]: cast(isDone, 'int64') }),
  };
}

/** Samples for which a step is as if it had not been made: its gradient cannot be used, or the attack is done with them. */
function unmoved({ procedure }: BoundAttack, current: State, { gradient }: Look): Value | undefined {
  const isOver = procedure.done === undefined ? undefined : greater(entry(current, done), 0);
  if (gradient === undefined) return isOver;
  const unusable = isUnusable(gradient);
  return isOver === undefined ? unusable : or(unusable, isOver);
}

/** The old state of samples for which a condition holds, the new one of the others. */
function keepWhere(condition: Value | undefined, old: State, updated: State): State {
  if (condition === undefined) return updated;
  return Object.fromEntries(
    Object.entries(updated).map(([name, value]) => {
      const beside = reshape(condition, [-1, ...value.shape.slice(1).map(() => 1)]);
      return [name, where(beside, entry(old, name), value)];
    }),
  );
}

/** More than any difference of logits. */
const farBelow = 1e30;

/** The classes of highest logits besides the label, int64 [N,T] with T ≤ `most`; of equal logits the lower class first. */
export function rankOthers(logits: Value, labels: Value, most: number): Value {
  const classes = fixedDim(logits.shape, 1);
  const others = sub(logits, mul(oneHot(labels, classes), farBelow));
  return topK(others, Math.min(most, classes - 1), 1).indices;
}

/** One column of a matrix [N,T] → [N]. */
export function columnOf(matrix: Value, column: number): Value {
  return reshape(slice(matrix, [{ axis: 1, start: column, end: column + 1 }]), [-1]);
}
