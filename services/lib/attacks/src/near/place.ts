import { InputError, PreconditionError } from '@parallax/config';
import { add, argMax, fixedDim, input, reshape, scalarConstant, type Value, where } from '@parallax/graph';
import {
  assertExpressible,
  createDraws,
  type Draw,
  type Draws,
  type Objective,
  scopeDraw,
  type TracedEncoder,
} from '@parallax/objectives';
import type { BoundAttack, State } from '../attack.ts';
import { observe } from './observe.ts';
import { backwardPasses, forwardPasses, type Pass, recordPasses } from './passes.ts';
import {
  below,
  type Cost,
  closeGraph,
  type Goal,
  type NearProgram,
  prefixed,
  type Selection,
  type Stage,
} from './program.ts';
import { entry, repeat } from './repeat.ts';
import { declareScene, judgement, look, type Scene, type SceneDraws } from './scene.ts';
import { breakWhereReached, isUnusable, startTrack, type Track, track } from './track.ts';

export interface PlaceOptions {
  readonly selection: Selection;
  /** Default: `target` for objectives that take targets, else `misclassify`. */
  readonly goal?: Goal;
  /** Gradients averaged in a step. Must be given when encoder or objective are stochastic. */
  readonly gradientDraws?: number;
  /** The encoder whose head says which class an image is. Default: the one attacked, when it has a head. */
  readonly judge?: TracedEncoder;
  /** The differentiable augmentation of the encoder, for objectives that ask for it. */
  readonly augment?: (images: Value, draw: Draw) => Value;
}

/**
 * Fuses attack, objective and encoder into graphs that run next to the weights.
 * @throws PreconditionError when the encoder cannot express the objective (PART_MISSING), when it is stochastic and
 *   `gradientDraws` is not given (DRAWS_REQUIRED), or when no gradient would be taken (ATTACK_WITHOUT_EFFECT).
 * @throws NotDifferentiableError when an operator between the images and the loss has no gradient.
 */
export function placeNear(
  attack: BoundAttack,
  objective: Objective,
  encoder: TracedEncoder,
  options: PlaceOptions,
): NearProgram {
  assertExpressible(objective, encoder);
  const placement = createPlacement(attack, objective, encoder, options);
  const evaluate = traceEvaluate(placement);
  const stochastic = evaluate.stage.draws.length > 0;
  const gradientDraws = drawsToAverage(options.gradientDraws, stochastic);
  const how: Track = { ...placement, inputs: placement.scene.inputs, stochastic };
  const start = traceStart(placement, how);
  const step = traceStep(placement, how, start.state, { draws: gradientDraws, classes: evaluate.classes });
  const finish = traceFinish(placement, how, start.state);
  if (step.cost.backward === 0 || attack.procedure.steps === 0) {
    throw new PreconditionError(`${attack.name}: no gradient of ${objective.name} reaches the images`, {
      reason: 'ATTACK_WITHOUT_EFFECT',
    });
  }
  return {
    attack,
    objective,
    selection: placement.selection,
    goal: placement.goal,
    dims: attack.ball.dims,
    ...(evaluate.classes === undefined ? {} : { classes: evaluate.classes }),
    stochastic,
    gradientDraws,
    evaluate: evaluate.stage,
    start: start.stage,
    step: step.stage,
    finish: finish.stage,
    cost: { step: step.cost, evaluate: evaluate.cost, finish: finish.cost },
    notes: evaluate.notes,
  };
}

interface Placement {
  readonly attack: BoundAttack;
  readonly scene: Scene;
  readonly passes: () => readonly Pass[];
  readonly selection: Selection;
  readonly goal: Goal;
}

function createPlacement(
  attack: BoundAttack,
  objective: Objective,
  encoder: TracedEncoder,
  options: PlaceOptions,
): Placement {
  const own = recordPasses(encoder);
  const other = options.judge === undefined || options.judge === encoder ? own : recordPasses(options.judge);
  const judge = other.encoder.classify === undefined ? undefined : other.encoder;
  const { selection, augment } = options;
  if (selection === 'verdict' && judge === undefined) {
    throw new PreconditionError('a verdict needs a head that says which class an image is', {
      reason: 'PART_MISSING',
      facts: { part: 'classify', alternative: 'name a head, or select transfer' },
    });
  }
  const scene: Scene = {
    inputs: declareScene(attack.ball.dims),
    objective,
    encoder: own.encoder,
    ...(judge === undefined ? {} : { judge }),
    ...(augment === undefined ? {} : { augment }),
  };
  return {
    attack,
    scene,
    passes: () => (other === own ? own.passes : [...own.passes, ...other.passes]),
    selection,
    goal: options.goal ?? (objective.needs.includes('targets') ? 'target' : 'misclassify'),
  };
}

function drawsToAverage(given: number | undefined, stochastic: boolean): number {
  if (given === undefined && stochastic) {
    throw new PreconditionError(
      'the encoder or the objective is stochastic: say how many gradients to average per step (gradientDraws; 1 is the least)',
      { reason: 'DRAWS_REQUIRED' },
    );
  }
  const draws = given ?? 1;
  if (!Number.isInteger(draws) || draws < 1 || draws > 1000) {
    throw new InputError([{ field: 'gradientDraws', expected: 'an integer from 1 to 1000', got: String(draws) }]);
  }
  return draws;
}

/** The draws of a stage that is no loop, under purposes of its own. */
function stageDraws(scope: string): { readonly own: Draws; readonly negatives: Draws; readonly scene: SceneDraws } {
  const own = createDraws();
  const negatives = createDraws('M');
  return { own, negatives, scene: { own: scopeDraw(own.draw, scope), negatives: negatives.draw } };
}

function traceEvaluate({ scene, passes }: Placement): {
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

function traceStart({ attack, scene }: Placement, how: Track): { readonly stage: Stage; readonly state: State } {
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

function traceStep(
  { attack, scene, passes }: Placement,
  how: Track,
  state: State,
  options: { readonly draws: number; readonly classes: number | undefined },
): { readonly stage: Stage; readonly cost: Cost } {
  const { clean } = scene.inputs;
  const first = input('first', [], 'int64');
  const negatives = createDraws('M');
  const traced: Omit<Traced, 'state'>[] = [];
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

interface Traced {
  readonly state: State;
  readonly specs: Stage['draws'];
  readonly cost: Cost;
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

function traceFinish(
  { attack, scene, passes }: Placement,
  how: Track,
  state: State,
): { readonly stage: Stage; readonly cost: Cost } {
  const current = stateInputs(state);
  const draws = stageDraws('finish');
  const { procedure } = attack;
  const last = procedure.query(below('attack.', current));
  const { loss, logits } = look(scene, last, draws.scene);
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
  const own = forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], last);
  const again = result.images === last || judged === undefined ? 0 : forwardPasses(passes(), [judged], result.images);
  return {
    stage: { graph: closeGraph(outputs), draws: draws.own.specs, negativeDraws: draws.negatives.specs },
    cost: { forward: own + again, backward: 0 },
  };
}
