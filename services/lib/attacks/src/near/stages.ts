import { add, argMax, fixedDim, input, repeat, reshape, scalarConstant, type Value, where } from '@parallax/graph';
import { createDraws, type Draws, scopeDraw } from '@parallax/objectives';
import type { State } from '../attack.ts';
import { observe } from './observe.ts';
import { backwardPasses, forwardPasses } from './passes.ts';
import type { Placement } from './placement.ts';
import { below, type Cost, closeGraph, prefixed, type Stage } from './program.ts';
import { judgement, look, type SceneDraws } from './scene.ts';
import { entry } from './state-entry.ts';
import { breakWhereReached, isUnusable, startTrack, type Track, track } from './track.ts';

/** The draws of a stage that is no loop, under purposes of its own. */
function stageDraws(scope: string): { readonly own: Draws; readonly negatives: Draws; readonly scene: SceneDraws } {
  const own = createDraws();
  const negatives = createDraws('M');
  return { own, negatives, scene: { own: scopeDraw(own.draw, scope), negatives: negatives.draw } };
}

/** Loss and prediction at any images. */
export function traceEvaluate({ scene, passes }: Placement): {
  readonly stage: Stage;
  readonly cost: Cost;
  readonly classes: number | undefined;
  readonly notes: readonly string[];
} {
  const images = input('images', scene.inputs.clean.shape);
  const draws = stageDraws('verdict');
  const { loss, logits, note } = look(scene, images, draws.scene);
  const outputs = { loss, ...(logits === undefined ? {} : { prediction: argMax(logits, 1) }) };
  return {
    stage: { graph: closeGraph(outputs), draws: draws.own.specs, negativeDraws: draws.negatives.specs },
    cost: { forward: forwardPasses(passes(), Object.values(outputs), images), backward: 0 },
    classes: logits === undefined ? undefined : fixedDim(logits.shape, 1),
    notes: note === undefined ? [] : [note],
  };
}

/** The state before the first step. */
export function traceStart({ attack, scene }: Placement, how: Track): { readonly stage: Stage; readonly state: State } {
  const draws = createDraws();
  const state = {
    ...prefixed('attack.', attack.procedure.init(scene.inputs.clean, scopeDraw(draws.draw, 'attack'))),
    ...prefixed('track.', startTrack(how)),
  };
  return { state, stage: { graph: closeGraph(prefixed('next.', state)), draws: draws.specs, negativeDraws: [] } };
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
  const { clean } = scene.inputs;
  const first = input('first', [], 'int64');
  const negatives = createDraws('M');
  const traced: { readonly specs: Stage['draws']; readonly cost: Cost }[] = [];
  const next = repeat(input('count', [], 'int64'), stateInputs(state), (iteration, current) => {
    const images = attack.procedure.query(below('attack.', current));
    const { classes, draws } = options;
    const observed = observe(scene, images, {
      iteration,
      draws,
      negatives: negatives.draw,
      ...(classes === undefined ? {} : { classes }),
    });
    const { loss, logits } = observed.single;
    traced.push({
      specs: observed.specs,
      cost: {
        forward: draws * forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], images),
        backward: draws * backwardPasses(passes(), loss, images),
      },
    });
    const step = add(first, iteration);
    const updated = attack.procedure.update(below('attack.', current), observed.mean, { clean, step });
    return {
      ...prefixed('attack.', keepWhere(isUnusable(observed.mean.gradient), below('attack.', current), updated)),
      ...prefixed('track.', track(how, below('track.', current), images, observed.mean, step)),
    };
  });
  const [{ specs, cost } = { specs: [], cost: { forward: 0, backward: 0 } }] = traced;
  return {
    stage: { graph: closeGraph(prefixed('next.', next)), draws: specs, negativeDraws: negatives.specs },
    cost,
  };
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
  const { loss, logits } = look(scene, last, draws.scene);
  const own = forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], last);
  const before = passes().length;
  const result = procedure.result(below('attack.', current), { loss });
  const judged = result.images === last ? logits : judgement(scene, result.images, draws.scene.own);
  const steps = scalarConstant(procedure.steps, 'int64');
  const broken =
    how.selection === 'verdict' && logits !== undefined
      ? breakWhereReached(how, below('track.', current), last, { loss, logits }, steps)
      : {};
  const outputs = {
    ...result,
    ...(judged === undefined ? {} : { prediction: argMax(judged, 1) }),
    ...broken,
  };
  const again = judged === undefined ? 0 : forwardPasses(passes().slice(before), [judged], result.images);
  return {
    stage: { graph: closeGraph(outputs), draws: draws.own.specs, negativeDraws: draws.negatives.specs },
    cost: { forward: own + again, backward: 0 },
  };
}
