import { InputError, PreconditionError, parseAll, Violations } from '@parallax/config';
import {
  type EncoderDirectory,
  type ParsedAttack,
  parseAttackSpec,
  parseObjectives,
  parseSeed,
} from '@parallax/messages';
import type { AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { type AttackSpec, Placement } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { CallOptions } from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { AttackTask } from './attack-batch.ts';
import { type FoundSource, imageShape } from './source.ts';

/** What the requests that attack have in common. */
export interface GivenAttack {
  readonly sources: readonly AttackSource[];
  readonly attack: AttackSpec | undefined;
  readonly seed: bigint;
}

/** Whom to ask, what computes here, and for how long. */
export interface AttackEnvironment {
  readonly encoders: EncoderDirectory;
  readonly engine: Engine;
  readonly options: CallOptions;
}

/** Encoders attacked together at most. */
const mostSources = 16;

/**
 * Finds the encoders and reads the attack against them.
 * @throws InputError naming every field that is wrong; NotFoundError for an unknown encoder or attack; PreconditionError for
 *   encoders that cannot be attacked together, or not where they are to be.
 */
export async function prepareAttack(given: GivenAttack, environment: AttackEnvironment): Promise<AttackTask> {
  const found = await findSources(given.sources, environment);
  const [first] = found;
  const { attack, seed } = parseAll({
    attack: () => parseAttackSpec(given.attack, imageShape(first)),
    seed: () => parseSeed(given.seed),
  });
  const placement = placementOf(given.attack, found);
  assertVerdictRule(attack, found);
  const sources = found.map((source, index) => ({
    ...source,
    objectives: parseObjectives(attack, given.sources[index]?.objective, `sources[${index}].objective`),
  }));
  return { sources, placement, spec: given.attack as AttackSpec, attack, seed };
}

type FoundSources = readonly [FoundSource, ...FoundSource[]];

async function findSources(
  given: readonly AttackSource[],
  { encoders, options }: AttackEnvironment,
): Promise<FoundSources> {
  const weights = parseSources(given);
  const found = await Promise.all(
    given.flatMap(({ encoder, head }, index) =>
      encoder === undefined
        ? []
        : [encoders.find(encoder, options).then((each) => ({ ...each, index, head, weight: weights[index] ?? 1 }))],
    ),
  );
  const [first, ...others] = found;
  if (first === undefined) throw new RangeError('sources: expected at least one, got none');
  for (const other of others) assertSameShape(first, other);
  return [first, ...others];
}

/** The weights of sources that each name an encoder. */
function parseSources(given: readonly AttackSource[]): readonly number[] {
  const violations = new Violations();
  const isNumber = given.length >= 1 && given.length <= mostSources;
  violations.expect(isNumber, 'sources', `1 to ${mostSources} encoders`, given.length);
  for (const [index, { encoder, weight = 1 }] of given.entries()) {
    violations.expect(encoder !== undefined, `sources[${index}].encoder`, 'an encoder', undefined);
    // The sum is made of 32-bit floats.
    const isWeight = Math.fround(weight) > 0 && Number.isFinite(Math.fround(weight));
    violations.expect(isWeight, `sources[${index}].weight`, 'a finite number > 0', weight);
  }
  violations.throwIfAny();
  return given.map(({ weight = 1 }) => weight);
}

function assertSameShape(first: FoundSource, other: FoundSource): void {
  const [expected, got] = [first, other].map((source) => imageShape(source).join('×'));
  if (expected === got) return;
  const names = [first, other].map(({ encoder }) => encoder.name);
  const message = `sources[${other.index}]: expected images of ${expected} as ${names[0]} takes them, got ${got} for ${names[1]}`;
  throw new PreconditionError(message, {
    reason: 'SHAPES_DIFFER',
    facts: Object.fromEntries([first, other].map((source) => [source.encoder.name, imageShape(source).join('×')])),
  });
}

/** Where the attack runs: several encoders have no weights in common to run next to. */
function placementOf(attack: AttackSpec | undefined, { length }: FoundSources): AttackTask['placement'] {
  const { placement = Placement.UNSPECIFIED } = attack ?? {};
  if (placement === Placement.FAR || (placement === Placement.UNSPECIFIED && length > 1)) return 'far';
  if (length === 1) return 'near';
  const message = `attack.placement: expected FAR for a sum over ${length} encoders, got NEAR`;
  throw new PreconditionError(message, { facts: { alternative: 'place the attack FAR, or attack one encoder' } });
}

/** @throws InputError where heads could be wrong in different draws, and it is not said whether that counts. */
function assertVerdictRule({ verdictRule }: ParsedAttack, sources: FoundSources): void {
  if (verdictRule === 'majority' || sources.length === 1) return;
  const stochastic = sources.find(({ encoder }) => encoder.stochastic);
  if (stochastic === undefined) return;
  const expected = `MAJORITY for several encoders of which one, ${stochastic.encoder.name}, is stochastic`;
  throw new InputError([{ field: 'attack.verdict_rule', expected, got: 'ANY_DRAW' }]);
}
