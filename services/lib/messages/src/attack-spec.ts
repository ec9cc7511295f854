import {
  type Attack,
  attacks,
  type Ball,
  type BoundAttack,
  type Budget,
  bindStage,
  type Cascade,
  cascades,
  createBall,
  findAttack,
  findCascade,
  type GivenOptions,
  type ImageDims,
  type NormName,
  norms,
  onPixelGrid,
  type PixelGrid as PixelGridName,
  parseBudget,
  parseOptions,
  type Selection as SelectionName,
  type StageCondition,
  type VerdictRule as VerdictRuleName,
} from '@parallax/attacks';
import { InputError, NotFoundError, parseAll, Violations, within } from '@parallax/config';
import {
  type AttackSpec,
  type AttackStage,
  PixelGrid,
  Selection,
  VerdictRule,
} from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import type { Objective as ObjectiveMessage } from '@parallax/proto/parallax/objective/v1/objective';
import { type ParsedObjective, parseObjective } from './objective.ts';
import { parseOptionValues } from './options.ts';
import { parseDraws } from './samples.ts';

/** One attack of a request, which may be the only one. */
export interface ParsedStage {
  readonly attack: Attack;
  readonly bound: BoundAttack;
  /** Undefined leaves it to the request, and then to the attack. */
  readonly objective: ParsedObjective | undefined;
  readonly condition: StageCondition;
}

/** An attack of a request, with everything but objective, images and seed. */
export interface ParsedAttack {
  readonly name: string;
  /** At least one; several in a cascade. */
  readonly stages: readonly ParsedStage[];
  readonly isCascade: boolean;
  /** Images that it may look at and return. */
  readonly pixelGrid: PixelGridName;
  readonly budget: Budget;
  readonly selection: SelectionName;
  /** Gradients averaged in a step; undefined leaves it to the server. */
  readonly gradientDraws: number | undefined;
  /** Looks averaged in a step of an attack that takes no gradients; undefined leaves it to the server. */
  readonly acceptanceDraws: number | undefined;
  /** Draws that decide a verdict; undefined leaves it to the server. */
  readonly verdictDraws: number | undefined;
  /** How they add up. */
  readonly verdictRule: VerdictRuleName;
}

/** The norms as the contracts name them. */
export const normMessages: { readonly [N in NormName]: Norm } = { linf: Norm.LINF, l2: Norm.L2, l1: Norm.L1 };

const selections: { readonly [S in Selection]?: SelectionName } = {
  [Selection.TRANSFER]: 'transfer',
  [Selection.DISTANCE]: 'distance',
};

/**
 * Reads an attack against images of a shape.
 * @throws InputError naming every field that is wrong; NotFoundError for an unknown attack.
 */
export function parseAttackSpec(given: AttackSpec | undefined, dims: ImageDims): ParsedAttack {
  if (given === undefined) throw new InputError([{ field: 'attack', expected: 'an attack', got: 'nothing' }]);
  const kind = kindOf(given.name);
  const { ball, draws } = within('attack', () =>
    parseAll({
      ball: () => parseBall(given, dims),
      options: () => (kind === 'attack' ? readOptions(findAttack(given.name), given.options) : undefined),
      draws: () =>
        parseAll({
          gradientDraws: () => parseDraws(given.gradientDraws, 'gradient_draws'),
          acceptanceDraws: () => parseDraws(given.acceptanceDraws, 'acceptance_draws'),
          verdictDraws: () => parseDraws(given.verdictDraws, 'verdict_draws'),
        }),
    }),
  );
  const pixelGrid = given.pixelGrid === PixelGrid.UINT8 ? 'uint8' : 'float32';
  const stages = within('attack', () =>
    bindAll(given, kind, ball).map((stage) => ({ ...stage, bound: onPixelGrid(stage.bound, pixelGrid) })),
  );
  within('attack', () => assertDrawsOfUse(stages, draws));
  return {
    name: given.name,
    stages,
    pixelGrid,
    isCascade: kind !== 'attack',
    budget: { norm: ball.norm.name, epsilon: ball.epsilon },
    selection: selections[given.selection] ?? 'verdict',
    ...draws,
    gradientDraws: draws.gradientDraws ?? (typeof kind === 'object' ? kind.gradientDraws : undefined),
    verdictRule: given.verdictRule === VerdictRule.ANY_DRAW ? 'anyDraw' : 'majority',
  };
}

/** Name of the cascade whose stages come with the request. */
export const customCascade = 'cascade';

/** A single attack, stages of the caller's own, or a cascade with a name. @throws NotFoundError for an unknown name. */
function kindOf(name: string): 'attack' | 'custom' | Cascade {
  if (name === customCascade) return 'custom';
  const named = findCascade(name);
  if (named !== undefined) return named;
  if (name !== '' && attacks.some((attack) => attack.name === name)) return 'attack';
  const known = [...attacks, ...cascades, { name: customCascade }].map((each) => each.name).join(', ');
  throw new NotFoundError(`attack: expected one of ${known}, got ${JSON.stringify(name)}`, {
    reason: 'ATTACK_NOT_FOUND',
    facts: { attack: name, known },
  });
}

function bindAll(given: AttackSpec, kind: ReturnType<typeof kindOf>, ball: Ball): readonly ParsedStage[] {
  const { name, stages } = given;
  if (kind !== 'custom' && stages.length > 0) {
    const expected = `none, as ${name} ${kind === 'attack' ? 'is no cascade' : 'has its own'}`;
    throw new InputError([{ field: 'stages', expected, got: `${stages.length}` }]);
  }
  if (kind === 'attack') return [bindOne(given, ball)];
  const options = Object.keys(given.options);
  if (options.length > 0) {
    const expected = 'no options, which are given stage by stage';
    throw new InputError(options.map((option) => ({ field: `options.${option}`, expected, got: 'one' })));
  }
  if (kind === 'custom') return bindCustom(stages, ball);
  assertNorm(kind, ball);
  return kind.stages.map((stage) => {
    const { objective, ...bound } = bindStage(stage, ball);
    return { ...bound, objective: { spec: objective, head: undefined } };
  });
}

function assertNorm({ name, norms: known }: Cascade, { norm }: Ball): void {
  if (known.includes(norm.name)) return;
  throw new InputError([{ field: 'budget.norm', expected: `one of ${known.join(', ')} for ${name}`, got: norm.name }]);
}

function bindCustom(stages: readonly AttackStage[], ball: Ball): readonly ParsedStage[] {
  if (stages.length === 0) throw new InputError([{ field: 'stages', expected: 'at least one attack', got: 'none' }]);
  return stages.map((stage, index) =>
    within(`stages[${index}]`, () => {
      const bound = bindOne(stage, ball);
      const objective =
        stage.objective === undefined ? undefined : parseAttackObjective(bound.attack, stage.objective, 'objective');
      return { ...bound, objective: objective ?? { spec: bound.attack.objective, head: undefined } };
    }),
  );
}

function bindOne({ name, options }: Pick<AttackSpec, 'name' | 'options'>, ball: Ball): ParsedStage {
  const attack = findAttack(name);
  const bound = attack.bind(readOptions(attack, options), ball);
  return { attack, bound, objective: undefined, condition: 'always' };
}

/** The options as given, once they are known to fit their schemas. */
function readOptions(attack: Attack, options: AttackSpec['options']): GivenOptions {
  const given = parseOptionValues(options);
  parseOptions(attack.options, given);
  return given;
}

/** Draws that no stage would make are refused. */
function assertDrawsOfUse(
  stages: readonly ParsedStage[],
  { gradientDraws = 1, acceptanceDraws = 1 }: Pick<Partial<ParsedAttack>, 'gradientDraws' | 'acceptanceDraws'>,
): void {
  const violations = new Violations();
  const takesGradients = stages.some(({ attack }) => attack.needs.includes('gradient'));
  const accepts = stages.some(({ attack }) => !attack.needs.includes('gradient'));
  violations.expect(
    takesGradients || gradientDraws === 1,
    'gradient_draws',
    '0 or 1, as this attack takes no gradients',
    gradientDraws,
  );
  violations.expect(
    accepts || acceptanceDraws === 1,
    'acceptance_draws',
    '0 or 1, as this attack accepts no candidates',
    acceptanceDraws,
  );
  violations.throwIfAny();
}

/**
 * The objective of each stage: its own, else the one given, else the attack's.
 * @throws InputError when it is malformed, the attack allows no other than its own, or the stages have their own.
 */
export function parseObjectives(
  { name, stages, isCascade }: ParsedAttack,
  given: ObjectiveMessage | undefined,
  field = 'objective',
): readonly ParsedObjective[] {
  if (isCascade && given !== undefined) {
    const expected = `none, as the stages of ${name} have their own`;
    throw new InputError([{ field, expected, got: given.kind?.$case ?? 'one' }]);
  }
  return stages.map(({ attack, objective }) => objective ?? parseAttackObjective(attack, given, field));
}

function parseAttackObjective(attack: Attack, given: ObjectiveMessage | undefined, field: string): ParsedObjective {
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
