import { add, argMax, fixedDim, GraphError, gather, input, repeat, scalarConstant, type Value } from '@parallax/graph';
import { createDraws, type DrawRecord, type Draws, recordDraws, repeatDraw, scopeDraw } from '@parallax/objectives';
import type { State } from '../attack.ts';
import { columnOf, firstState, nextState, rankOthers, stateInputs } from './moves.ts';
import { type Look, observe } from './observe.ts';
import { backwardPasses, forwardPasses } from './passes.ts';
import type { Placement } from './placement.ts';
import { below, type Cost, closeGraph, prefixed, type Stage } from './program.ts';
import { look, type Scene, type SceneDraws } from './scene.ts';
import { breakWhereReached, type Track } from './track.ts';

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
  // What is aimed at follows from a look on the same noise.
  const again = repeatDraw(draws.scene.own);
  const ranking =
    attack.targets === 0 ? undefined : rankClasses(scene, images, { ...draws.scene, own: again() }, attack.targets);
  const aimed = ranking === undefined ? scene : aimAt(scene, columnOf(ranking, 0));
  const { loss, logits, note } = look(aimed, images, { ...draws.scene, own: again() });
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

/** The classes that the judge ranks highest besides the label. */
function rankClasses(scene: Scene, images: Value, draws: SceneDraws, most: number): Value {
  const { logits } = look(scene, images, draws);
  if (logits === undefined) throw new GraphError('attack', 'choosing targets: expected a judge, got none');
  return rankOthers(logits, scene.inputs.labels, most);
}

/** The same scene with other targets. */
function aimAt(scene: Scene, targets: Value | undefined): Scene {
  return targets === undefined ? scene : { ...scene, inputs: { ...scene.inputs, targets } };
}

/** The state before the first step. */
export function traceStart({ attack }: Placement, how: Track): { readonly stage: Stage; readonly state: State } {
  const draws = createDraws();
  const state = firstState({ attack, how }, draws.draw);
  return {
    state,
    stage: { graph: closeGraph(prefixed('next.', state)), draws: draws.specs, attackDraws: [], negativeDraws: [] },
  };
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
    traced.push({
      specs: observed.specs,
      own: own.specs,
      cost: {
        forward: draws * forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], images),
        backward: gradient ? draws * backwardPasses(passes(), loss, images) : 0,
      },
    });
    const moment = { step: add(first, iteration), targets: aimed.inputs.targets, draw: own.draw };
    return nextState({ attack, how }, current, { ...withPrediction(observed.mean), images }, moment);
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

/** With the class that is seen. */
function withPrediction(look: Look): Look {
  return look.logits === undefined ? look : { ...look, prediction: argMax(look.logits, 1) };
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
  const fresh = { ...draws.scene, own: scopeDraw(draws.own.draw, 'result') };
  const judged = result.images === last ? logits : look(aimed, result.images, fresh).logits;
  const steps = scalarConstant(procedure.steps, 'int64');
  const broken =
    how.selection !== 'transfer' && logits !== undefined
      ? breakWhereReached(how, below('track.', current), last, { loss, prediction: argMax(logits, 1) }, steps)
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
