import { input, scalarConstant, type Value } from '@parallax/graph';
import { createDraws, type DrawSpec } from '@parallax/objectives';
import type { BoundAttack, State } from '../attack.ts';
import { firstState, type Mover, nextState, rankOthers, stateInputs } from '../near/moves.ts';
import { below, closeGraph, prefixed, type Stage } from '../near/program.ts';
import { breakWhereReached } from '../near/track.ts';
import type { FarSource } from './program.ts';
import { logitInputs, lookTogether, verdictOf } from './together.ts';

/** What all stages are traced from. */
export interface FarPlacement extends Mover {
  readonly sources: readonly FarSource[];
}

/** The classes to be aimed at, by what the head of the first source says. */
export function traceRank({ attack, how, sources }: FarPlacement): Stage | undefined {
  const [logits] = logitInputs(sources);
  if (attack.targets === 0 || logits === undefined) return undefined;
  return stageOf({ ranking: rankOthers(logits, how.inputs.labels, attack.targets) });
}

/** Loss and prediction of images that were looked at, and what each of several heads says. */
export function traceEvaluate(placement: FarPlacement): Stage {
  const { loss, prediction, verdicts } = seen(placement, { gradient: false });
  const ofHeads = verdicts === undefined ? {} : { verdicts };
  return stageOf({ loss, ...(prediction === undefined ? {} : { prediction }), ...ofHeads });
}

/** The state before the first step. */
export function traceStart({ attack, how }: FarPlacement): { readonly stage: Stage; readonly state: State } {
  const draws = createDraws();
  const state = firstState({ attack, how }, draws.draw);
  return { state, stage: { ...stageOf(withAhead(attack, state)), draws: draws.specs } };
}

/** One update, given what was seen. */
export function traceStep(placement: FarPlacement, state: State): Stage {
  const { attack, how } = placement;
  const current = stateInputs(state);
  const before = below('attack.', current);
  const own = createDraws();
  const look = seen(placement, { gradient: attack.needs.includes('gradient') });
  const next = nextState(
    { attack, how },
    current,
    { ...look, images: attack.procedure.query(before) },
    { step: input('step', [], 'int64'), targets: attack.procedure.aim?.(before) ?? how.inputs.targets, draw: own.draw },
  );
  return stageOf(withAhead(attack, next), own.specs);
}

/** What is returned, given the last look; `predict`: what it is, where it is not what was looked at last. */
export function traceFinish(
  placement: FarPlacement,
  state: State,
): { readonly finish: Stage; readonly predict: Stage | undefined } {
  const { attack, how, sources } = placement;
  const { procedure } = attack;
  const current = stateInputs(state);
  const { loss, prediction } = seen(placement, { gradient: false });
  const last = procedure.query(below('attack.', current));
  const result = procedure.result(below('attack.', current), { loss, clean: how.inputs.clean });
  const broken =
    how.selection !== 'transfer' && prediction !== undefined
      ? breakWhereReached(how, below('track.', current), last, { loss, prediction }, stepsOf(attack))
      : {};
  const isLast = result.images === last;
  const logits = logitInputs(sources);
  return {
    finish: stageOf({ ...result, ...(isLast && prediction !== undefined ? { prediction } : {}), ...broken }),
    predict: isLast || logits.length === 0 ? undefined : stageOf({ prediction: verdictOf(how, logits) }),
  };
}

function stepsOf({ procedure }: BoundAttack): Value {
  return scalarConstant(procedure.steps, 'int64');
}

function seen({ attack, how, sources }: FarPlacement, { gradient }: { readonly gradient: boolean }) {
  return lookTogether(sources, how, { dims: attack.ball.dims, gradient });
}

/** A state, with where the attack wants to look next. */
function withAhead({ procedure }: BoundAttack, state: State): State {
  const own = below('attack.', state);
  const targets = procedure.aim?.(own);
  const ahead = { images: procedure.query(own), ...(targets === undefined ? {} : { targets }) };
  return prefixed('next.', { ...state, ...prefixed('look.', ahead) });
}

function stageOf(outputs: State, attackDraws: readonly DrawSpec[] = []): Stage {
  return { graph: closeGraph(outputs), draws: [], attackDraws, negativeDraws: [] };
}
