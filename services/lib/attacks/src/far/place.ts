import { InputError, PreconditionError } from '@parallax/config';
import { assertFollows, type BoundAttack, choosesTargets, rounds, withTargets } from '../attack.ts';
import { drawsToAverage } from '../near/place.ts';
import { assertHeadless, goalOf, type PlaceOptions } from '../near/placement.ts';
import type { Cost } from '../near/program.ts';
import { declareScene } from '../near/scene.ts';
import type { Track } from '../near/track.ts';
import type { FarProgram, FarSource } from './program.ts';
import { traceEvaluate, traceFinish, traceRank, traceStart, traceStep } from './stages.ts';

export type FarPlaceOptions = Pick<PlaceOptions, 'selection' | 'goal' | 'gradientDraws' | 'acceptanceDraws'>;

/**
 * Makes graphs of an attack alone, to be run wherever: what is seen of the sources is put in. The weighted sum of their
 * objectives is increased, and a sample is broken when every head is wrong.
 * @throws InputError for an objective that the attack cannot follow.
 * @throws PreconditionError (PART_MISSING) when the attack needs to know classes and a source has no head, or needs logits
 *   and those of the sources cannot be added up (SHAPES_DIFFER); DRAWS_REQUIRED as `placeNear`.
 */
export function placeFar(bound: BoundAttack, sources: readonly FarSource[], options: FarPlaceOptions): FarProgram {
  if (sources.length === 0) throw new InputError([{ field: 'sources', expected: 'at least one', got: 'none' }]);
  for (const { objective } of sources) assertFollows(bound, objective);
  const classes = classesOf(bound, sources, options);
  const stochastic = sources.some((source) => source.stochastic);
  const draws = drawsToAverage(bound, options, stochastic);
  const targets = bound.targets === 0 ? 0 : Math.min(bound.targets, (sources[0]?.classes ?? 1) - 1);
  const attack = withTargets(bound, targets);
  const { ball, procedure, needs } = attack;
  const goal =
    options.goal ??
    goalOf(
      attack,
      sources.map(({ objective }) => objective),
    );
  const { selection } = options;
  const wanders = procedure.wanders === true;
  const how: Track = { inputs: declareScene(ball.dims), selection, goal, ball, wanders, stochastic };
  const placement = { attack, how, sources };
  const start = traceStart(placement);
  const { finish, predict } = traceFinish(placement, start.state);
  const rank = traceRank(placement);
  return {
    attack,
    sources,
    selection,
    goal,
    dims: ball.dims,
    ...(classes === undefined ? {} : { classes }),
    stochastic,
    draws,
    gradient: needs.includes('gradient'),
    choosesTargets: choosesTargets(attack),
    targets,
    starts: attack.restarts * rounds(attack),
    ...(rank === undefined ? {} : { rank }),
    evaluate: traceEvaluate(placement),
    start: start.stage,
    step: traceStep(placement, start.state),
    finish,
    ...(predict === undefined ? {} : { predict }),
    cost: costOf(sources, {
      draws,
      gradient: needs.includes('gradient'),
      evaluations: rank !== undefined && takesTargets(sources) ? 2 : 1,
      lastLooks: predict === undefined ? 1 : 2,
    }),
  };
}

/** Whether any objective is aimed at a class. */
export function takesTargets(sources: readonly FarSource[]): boolean {
  return sources.some(({ objective }) => objective.needs.includes('targets'));
}

/** Classes that every head tells apart. */
function classesOf(
  attack: BoundAttack,
  sources: readonly FarSource[],
  { selection }: Pick<FarPlaceOptions, 'selection'>,
): number | undefined {
  const known = sources.flatMap(({ classes }) => (classes === undefined ? [] : [classes]));
  if (known.length < sources.length) assertHeadless(attack, selection);
  assertSummable(attack, known);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** @throws PreconditionError (SHAPES_DIFFER) for an attack that needs logits of heads with different numbers of classes. */
export function assertSummable({ name, needs, targets }: BoundAttack, classes: readonly number[]): void {
  if (classes.every((each) => each === classes[0])) return;
  if (!needs.includes('logits') && targets === 0) return;
  const counts = classes.join(', ');
  throw new PreconditionError(`${name}: expected heads of as many classes each, got ${counts}`, {
    reason: 'SHAPES_DIFFER',
    facts: { classes: counts, alternative: 'an attack that needs no logits and chooses no targets' },
  });
}

interface Looks {
  /** Looks averaged in a step. */
  readonly draws: number;
  readonly gradient: boolean;
  /** Looks of an evaluation, and of the finish. */
  readonly evaluations: number;
  readonly lastLooks: number;
}

/** Passes through all sources together. */
function costOf(
  sources: readonly FarSource[],
  { draws, gradient, evaluations, lastLooks }: Looks,
): { readonly step: Cost; readonly evaluate: Cost; readonly finish: Cost } {
  const sum = (of: (source: FarSource) => number): number => sources.reduce((total, source) => total + of(source), 0);
  const once = sum(({ cost }) => cost.forward);
  const drawsOf = ({ stochastic }: FarSource): number => (stochastic ? draws : 1);
  return {
    step: {
      forward: sum((source) => drawsOf(source) * source.cost.forward),
      backward: gradient ? sum((source) => drawsOf(source) * source.cost.backward) : 0,
    },
    evaluate: { forward: evaluations * once, backward: 0 },
    finish: { forward: lastLooks * once, backward: 0 },
  };
}
