import {
  type Attack,
  type Ball,
  type BoundAttack,
  type Budget,
  createBall,
  findAttack,
  type GivenOptions,
  type ImageDims,
  type NormName,
  norms,
  parseBudget,
  parseOptions,
  type Selection as SelectionName,
  type VerdictRule as VerdictRuleName,
} from '@parallax/attacks';
import { InputError, parseAll, within } from '@parallax/config';
import { type AttackSpec, PixelGrid, Selection, VerdictRule } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import type { Objective as ObjectiveMessage } from '@parallax/proto/parallax/objective/v1/objective';
import { notImplemented } from './not-implemented.ts';
import { type ParsedObjective, parseObjective } from './objective.ts';
import { parseOptionValues } from './options.ts';
import { parseDraws } from './samples.ts';

/** An attack of a request, with everything but objective, images and seed. */
export interface ParsedAttack {
  readonly attack: Attack;
  readonly bound: BoundAttack;
  readonly budget: Budget;
  readonly selection: SelectionName;
  /** Gradients averaged in a step; undefined leaves it to the server. */
  readonly gradientDraws: number | undefined;
  /** Draws that decide a verdict; undefined leaves it to the server. */
  readonly verdictDraws: number | undefined;
  /** How they add up. */
  readonly verdictRule: VerdictRuleName;
}

/** The norms as the contracts name them. */
export const normMessages: { readonly [N in NormName]: Norm } = { linf: Norm.LINF, l2: Norm.L2 };

const selections: { readonly [S in Selection]?: SelectionName } = {
  [Selection.TRANSFER]: 'transfer',
  [Selection.DISTANCE]: 'distance',
};

/**
 * Reads an attack against images of a shape.
 * @throws InputError naming every field that is wrong; NotFoundError for an unknown attack; RpcError UNIMPLEMENTED, naming
 * `rpc`, for what the contracts have and no server does yet.
 */
export function parseAttackSpec(given: AttackSpec | undefined, dims: ImageDims, rpc: string): ParsedAttack {
  if (given === undefined) throw new InputError([{ field: 'attack', expected: 'an attack', got: 'nothing' }]);
  const attack = findAttack(given.name);
  assertImplemented(given, rpc);
  const parsed = within('attack', () =>
    parseAll({
      ball: () => parseBall(given, dims),
      options: () => parseOptionsFor(attack, given),
      gradientDraws: () => parseDraws(given.gradientDraws, 'gradient_draws'),
      acceptanceDraws: () => parseAcceptanceDraws(given.acceptanceDraws),
      verdictDraws: () => parseDraws(given.verdictDraws, 'verdict_draws'),
      stages: () => parseStages(given),
    }),
  );
  const { ball, options, gradientDraws, verdictDraws } = parsed;
  return {
    attack,
    bound: within('attack', () => attack.bind(options, ball)),
    budget: { norm: ball.norm.name, epsilon: ball.epsilon },
    selection: selections[given.selection] ?? 'verdict',
    gradientDraws,
    verdictDraws,
    verdictRule: given.verdictRule === VerdictRule.ANY_DRAW ? 'anyDraw' : 'majority',
  };
}

/** The options as given, once they are known to fit their schemas. */
function parseOptionsFor(attack: Attack, { options }: AttackSpec): GivenOptions {
  const given = parseOptionValues(options);
  parseOptions(attack.options, given);
  return given;
}

/**
 * The objective of an attack: the one given, else the attack's own.
 * @throws InputError when it is malformed, or the attack allows no other than its own.
 */
export function parseAttackObjective(
  attack: Attack,
  given: ObjectiveMessage | undefined,
  field = 'objective',
): ParsedObjective {
  if (given === undefined) return { spec: attack.objective, head: undefined };
  const parsed = parseObjective(given, field);
  const { kind, direction = 'away' } = attack.objective;
  const isOwn = parsed.spec.kind === kind && parsed.spec.direction === direction;
  if (isOwn || !attack.objectiveFixed) return parsed;
  const got = `${parsed.spec.kind} ${parsed.spec.direction}`;
  throw new InputError([{ field, expected: `${kind} ${direction}, as ${attack.name} means it`, got }]);
}

function parseBall({ budget: given, selection }: AttackSpec, dims: ImageDims): Ball {
  const named = Object.entries(normMessages).find(([, norm]) => norm === given?.norm);
  const other = Object.entries(Norm).find(([, norm]) => norm === given?.norm);
  const norm = named?.[0] ?? other?.[0].toLowerCase() ?? 'unspecified';
  const epsilon = given?.epsilon ?? Number.NaN;
  const isUnbounded = named !== undefined && epsilon === 0 && selection === Selection.DISTANCE;
  const radius = isUnbounded ? norms[named[0] as NormName].diameter(dims) : epsilon;
  return createBall(parseBudget({ norm, epsilon: radius }, dims), dims);
}

/** No attack here searches: an acceptance that is asked for would be left unused. */
function parseAcceptanceDraws(draws: number): void {
  if (draws === 0 || draws === 1) return;
  const expected = '0 or 1, as this attack accepts no candidates';
  throw new InputError([{ field: 'acceptance_draws', expected, got: String(draws) }]);
}

function parseStages({ name, stages }: AttackSpec): void {
  if (stages.length === 0) return;
  throw new InputError([{ field: 'stages', expected: `none, as ${name} is no cascade`, got: `${stages.length}` }]);
}

function assertImplemented({ pixelGrid }: AttackSpec, rpc: string): void {
  if (pixelGrid === PixelGrid.UINT8) throw notImplemented(rpc, 'attack.pixel_grid UINT8');
}
