import { InputError, PreconditionError } from '@parallax/config';
import { assertExpressible, type Objective, type TracedEncoder } from '@parallax/objectives';
import { assertFollows, type BoundAttack, rounds, withTargets } from '../attack.ts';
import { createPlacement, type PlaceOptions } from './placement.ts';
import type { NearProgram } from './program.ts';
import { traceEvaluate, traceFinish, traceStart, traceStep } from './stages.ts';
import type { Track } from './track.ts';

/**
 * Fuses attack, objective and encoder into graphs that run next to the weights.
 * @throws InputError for an objective that the attack cannot follow.
 * @throws PreconditionError when the encoder cannot express the objective (PART_MISSING), when it is stochastic and
 *   `gradientDraws` is not given (DRAWS_REQUIRED), when an operator between images and loss has no
 *   gradient (NOT_DIFFERENTIABLE), or when the loss does not depend on the images (ATTACK_WITHOUT_EFFECT).
 */
export function placeNear(
  bound: BoundAttack,
  objective: Objective,
  encoder: TracedEncoder,
  options: PlaceOptions,
): NearProgram {
  assertFollows(bound, objective);
  assertExpressible(objective, encoder);
  const chosen = createPlacement(bound, objective, encoder, options);
  const evaluate = traceEvaluate(chosen);
  const attack = withTargets(bound, evaluate.targets);
  const placement = { ...chosen, attack };
  const stochastic = evaluate.stage.draws.length > 0;
  const draws = drawsToAverage(attack, options, stochastic);
  const { scene, selection, goal } = placement;
  const { ball, procedure } = attack;
  const how: Track = {
    inputs: scene.inputs,
    selection,
    goal,
    ball,
    wanders: procedure.wanders === true,
    stochastic,
  };
  const start = traceStart(placement, how);
  const step = traceStep(placement, how, start.state, { draws, classes: evaluate.classes });
  const finish = traceFinish(placement, how, start.state);
  return {
    attack,
    objective,
    selection,
    goal,
    dims: attack.ball.dims,
    ...(evaluate.classes === undefined ? {} : { classes: evaluate.classes }),
    stochastic,
    draws,
    choosesTargets: placement.choosesTargets,
    targets: evaluate.targets,
    starts: attack.restarts * rounds(attack),
    evaluate: evaluate.stage,
    start: start.stage,
    step: step.stage,
    finish: finish.stage,
    cost: { step: step.cost, evaluate: evaluate.cost, finish: finish.cost },
    notes: evaluate.notes,
  };
}

/** @throws InputError for numbers out of range or of no use; PreconditionError (DRAWS_REQUIRED) as {@link placeNear}. */
export function drawsToAverage(
  { name, needs }: BoundAttack,
  { gradientDraws, acceptanceDraws }: Pick<PlaceOptions, 'gradientDraws' | 'acceptanceDraws'>,
  stochastic: boolean,
): number {
  // Without randomness all looks are the same.
  const averaged = (draws: number): number => (stochastic ? draws : 1);
  if (!needs.includes('gradient')) return averaged(drawCount('acceptanceDraws', acceptanceDraws ?? 1));
  if (acceptanceDraws !== undefined && acceptanceDraws !== 1) {
    const expected = `1, as ${name} accepts no candidates`;
    throw new InputError([{ field: 'acceptanceDraws', expected, got: String(acceptanceDraws) }]);
  }
  if (gradientDraws === undefined && stochastic) {
    throw new PreconditionError(
      'the encoder or the objective is stochastic: say how many gradients to average per step (gradientDraws; 1 is the least)',
      { reason: 'DRAWS_REQUIRED' },
    );
  }
  return averaged(drawCount('gradientDraws', gradientDraws ?? 1));
}

function drawCount(field: string, draws: number): number {
  if (!Number.isInteger(draws) || draws < 1 || draws > 1000) {
    throw new InputError([{ field, expected: 'an integer from 1 to 1000', got: String(draws) }]);
  }
  return draws;
}
