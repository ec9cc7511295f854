import {
  add,
  argMax,
  fixedDim,
  GraphError,
  gather,
  input,
  mul,
  oneHot,
  repeat,
  reshape,
  scalarConstant,
  slice,
  sub,
  topK,
  type Value,
  where,
} from '@parallax/graph';
import { createDraws, type Draw, type DrawRecord, type Draws, recordDraws, scopeDraw } from '@parallax/objectives';
import type { State } from '../attack.ts';
import { type Look, observationOf, observe } from './observe.ts';
import { backwardPasses, forwardPasses } from './passes.ts';
import type { Placement } from './placement.ts';
import { below, type Cost, closeGraph, prefixed, type Stage } from './program.ts';
import { judgement, look, type Scene, type SceneDraws } from './scene.ts';
import { entry } from './state-entry.ts';
import { breakWhereReached, isUnusable, reached, startTrack, type Track, track } from './track.ts';

/** The draws of a stage that is no loop, under purposes of its own. */
function stageDraws(scope: string): { readonly own: Draws; readonly negatives: Draws; readonly scene: SceneDraws } {
  const own = createDraws();
  const negatives = createDraws('M');
  return { own, negatives, scene: { own: scopeDraw(own.draw, scope), negatives: negatives.draw } };
}

/** Loss and prediction at any images and, where the attack chooses targets, the classes to be aimed at. */
export function traceEvaluate({ attack, scene, passes }: Placement): {
  readonly stage: Stage;
  readonly cost: Cost;
  readonly classes: number | undefined;
  /** How many classes are aimed at. */
  readonly targets: number;
  readonly notes: readonly string[];
} {
  const images = input('images', scene.inputs.clean.shape);
  const draws = stageDraws('verdict');
  const ranking = attack.targets === 0 ? undefined : rankClasses(scene, images, draws.scene.own, attack.targets);
  const aimed = ranking === undefined ? scene : aimAt(scene, columnOf(ranking, 0));
  const { loss, logits, note } = look(aimed, images, draws.scene);
  const outputs = {
    loss,
    ...(logits === undefined ? {} : { prediction: argMax(logits, 1) }),
    ...(ranking === undefined ? {} : { ranking }),
  };
  return {
    stage: {
      graph: closeGraph(outputs),
      draws: draws.own.specs,
      attackDraws: [],
      negativeDraws: draws.negatives.specs,
    },
    cost: { forward: forwardPasses(passes(), Object.values(outputs), images), backward: 0 },
    classes: logits === undefined ? undefined : fixedDim(logits.shape, 1),
    targets: ranking === undefined ? 0 : fixedDim(ranking.shape, 1),
    notes: note === undefined ? [] : [note],
  };
}

/** More than any difference of logits. */
const farBelow = 1e30;

/** The classes of highest logits besides the label, int64 [N,T] with T ≤ `most`; of equal logits the lower class first. */
function rankClasses(scene: Scene, images: Value, draw: Draw, most: number): Value {
  const logits = judgement(scene, images, draw);
  if (logits === undefined) throw new GraphError('attack', 'choosing targets: expected a judge, got none');
  const classes = fixedDim(logits.shape, 1);
  const others = sub(logits, mul(oneHot(scene.inputs.labels, classes), farBelow));
  return topK(others, Math.min(most, classes - 1), 1).indices;
}

/** One column of a matrix [N,T] → [N]. */
function columnOf(matrix: Value, column: number): Value {
  return reshape(slice(matrix, [{ axis: 1, start: column, end: column + 1 }]), [-1]);
}

/** The same scene with other targets. */
function aimAt(scene: Scene, targets: Value | undefined): Scene {
  return targets === undefined ? scene : { ...scene, inputs: { ...scene.inputs, targets } };
}

/** The state before the first step. */
export function traceStart({ attack, scene }: Placement, how: Track): { readonly stage: Stage; readonly state: State } {
  const draws = createDraws();
  const state = {
    ...prefixed('attack.', attack.procedure.init(scene.inputs.clean, scopeDraw(draws.draw, 'attack'))),
    ...prefixed('track.', startTrack(how)),
  };
  return {
    state,
    stage: { graph: closeGraph(prefixed('next.', state)), draws: draws.specs, attackDraws: [], negativeDraws: [] },
  };
}

/** Graph inputs that take a state in. */
function stateInputs(state: State): State {
  return Object.fromEntries(
    Object.entries(state).map(([name, { shape, dtype }]) => [name, input(`state.${name}`, shape, dtype)]),
  );
}

/** Any number of steps: look, update, take down. */
export function traceStep(
  { attack, scene, passes }: Placement,
  how: Track,
  state: State,
  options: { readonly draws: number; readonly classes: number | undefined },
): { readonly stage: Stage; readonly cost: Cost } {
  const { procedure } = attack;
  const { draws } = options;
  const gradient = attack.needs.includes('gradient');
  const first = input('first', [], 'int64');
  const negatives = createDraws('M');
  const traced: { readonly specs: Stage['draws']; readonly own: Stage['draws']; readonly cost: Cost }[] = [];
  const next = repeat(input('count', [], 'int64'), stateInputs(state), (iteration, current) => {
    const before = below('attack.', current);
    const images = procedure.query(before);
    const aimed = aimAt(scene, procedure.aim?.(before));
    const observed = observe(aimed, images, { iteration, ...options, gradient, negatives: negatives.draw });
    const { loss, logits } = observed.single;
    const own = stepDraws(iteration);
    const step = add(first, iteration);
    const { clean, labels, targets } = aimed.inputs;
    const moment = { clean, labels, targets, step, draw: scopeDraw(own.draw, 'attack.step') };
    const isReached = (seen: Value): Value => reached(how, argMax(seen, 1));
    const updated = procedure.update(before, observationOf(observed.mean, isReached), moment);
    traced.push({
      specs: observed.specs,
      own: own.specs,
      cost: {
        forward: draws * forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], images),
        backward: gradient ? draws * backwardPasses(passes(), loss, images) : 0,
      },
    });
    return {
      ...prefixed('attack.', skipUnusable(observed.mean, before, updated)),
      ...prefixed('track.', track(how, below('track.', current), images, observed.mean, step)),
    };
  });
  const [{ specs, own, cost } = { specs: [], own: [], cost: { forward: 0, backward: 0 } }] = traced;
  return {
    stage: {
      graph: closeGraph(prefixed('next.', next)),
      draws: specs,
      attackDraws: own,
      negativeDraws: negatives.specs,
    },
    cost,
  };
}

/** The draws of the attack itself, fresh at every step: inputs [K,1,N,…] for K steps. */
function stepDraws(iteration: Value): DrawRecord {
  return recordDraws((spec) =>
    gather(gather(input(spec.name, ['K', 1, 'N', ...spec.dims]), iteration), scalarConstant(0, 'int64')),
  );
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

/** A last look, and what is returned. */
export function traceFinish(
  { attack, scene, passes }: Placement,
  how: Track,
  state: State,
): { readonly stage: Stage; readonly cost: Cost } {
  const current = stateInputs(state);
  const draws = stageDraws('finish');
  const { procedure } = attack;
  const last = procedure.query(below('attack.', current));
  const aimed = aimAt(scene, procedure.aim?.(below('attack.', current)));
  const { loss, logits } = look(aimed, last, draws.scene);
  const own = forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], last);
  const before = passes().length;
  const result = procedure.result(below('attack.', current), { loss, clean: scene.inputs.clean });
  const judged = result.images === last ? logits : judgement(scene, result.images, draws.scene.own);
  const steps = scalarConstant(procedure.steps, 'int64');
  const broken =
    how.selection !== 'transfer' && logits !== undefined
      ? breakWhereReached(how, below('track.', current), last, { loss, logits }, steps)
      : {};
  const outputs = {
    ...result,
    ...(judged === undefined ? {} : { prediction: argMax(judged, 1) }),
    ...broken,
  };
  const again = judged === undefined ? 0 : forwardPasses(passes().slice(before), [judged], result.images);
  return {
    stage: {
      graph: closeGraph(outputs),
      draws: draws.own.specs,
      attackDraws: [],
      negativeDraws: draws.negatives.specs,
    },
    cost: { forward: own + again, backward: 0 },
  };
}
