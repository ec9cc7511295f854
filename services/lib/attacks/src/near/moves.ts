import { fixedDim, input, mul, oneHot, reshape, slice, sub, topK, type Value, where } from '@parallax/graph';
import { type Draw, scopeDraw } from '@parallax/objectives';
import type { Beginning, BoundAttack, Moment, State } from '../attack.ts';
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
  };
}

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
  const updated = attack.procedure.update(before, observation, moment);
  return {
    ...prefixed('attack.', skipUnusable(seen, before, updated)),
    ...prefixed('track.', track(how, below('track.', current), seen.images, seen, step)),
  };
}

/** A step whose gradient cannot be used is as if it had not been made. */
function skipUnusable({ gradient }: Look, old: State, updated: State): State {
  return gradient === undefined ? updated : keepWhere(isUnusable(gradient), old, updated);
}

/** The old state of samples whose gradient cannot be used, the new one of the others. */
function keepWhere(condition: Value, old: State, updated: State): State {
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
