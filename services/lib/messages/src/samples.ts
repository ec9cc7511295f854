import { InputError, Violations } from '@parallax/config';

/** Keys of the randomness that do not fit the generator are refused: ids and steps below 2^32, the others below 2^16. */
const idLimit = 2 ** 32;
const smallLimit = 2 ** 16;

/** Most draws averaged or voting. */
const mostDraws = 1000;

/** Sample ids: `count` distinct ones; `first`, `first` + 1, … when none are given. @throws InputError */
export function parseSampleIds(given: readonly bigint[], count: number, first = 0): readonly number[] {
  if (given.length === 0) return Array.from({ length: count }, (_, index) => first + index);
  const field = 'sample_ids';
  const violations = new Violations();
  violations.expect(given.length === count, field, `${count} entries, one an image, or none`, given.length);
  const outside = given.find((id) => id < 0n || id >= BigInt(idLimit));
  violations.expect(outside === undefined, field, `ids in [0, ${idLimit})`, outside);
  const repeated = given.length === new Set(given).size ? undefined : given.find((id, at) => given.indexOf(id) !== at);
  violations.expect(repeated === undefined, field, 'distinct ids', repeated);
  violations.throwIfAny();
  return given.map(Number);
}

/** One class an image: `count` entries, each in [0, `classes`). @throws InputError */
export function parseClasses(
  given: readonly number[],
  { field, count, classes }: { readonly field: string; readonly count: number; readonly classes: number },
): readonly number[] {
  const violations = new Violations();
  violations.expect(given.length === count, field, `${count} entries, one an image`, given.length);
  const at = given.findIndex((label) => label < 0 || label >= classes);
  violations.expect(at < 0, `${field}[${at}]`, `a class in [0, ${classes})`, given[at]);
  violations.throwIfAny();
  return given;
}

/** @throws InputError when the seed is negative. */
export function parseSeed(seed: bigint, field = 'seed'): bigint {
  if (seed >= 0n) return seed;
  throw new InputError([{ field, expected: 'an integer ≥ 0', got: String(seed) }]);
}

/** A seed that is kept as JSON. @throws InputError when it is negative or no exact number. */
export function parseExactSeed(seed: bigint, field = 'seed'): number {
  if (seed >= 0n && seed <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(seed);
  throw new InputError([{ field, expected: `an integer in [0, ${Number.MAX_SAFE_INTEGER}]`, got: String(seed) }]);
}

/** A step. @throws InputError */
export function parseStep(step: number): number {
  return below(step, idLimit, 'step');
}

/** A restart, or the index of a draw. @throws InputError */
export function parseIndex(index: number, field: string): number {
  return below(index, smallLimit, field);
}

/** How many draws; undefined when 0, which leaves it to the server. @throws InputError */
export function parseDraws(draws: number, field: string): number | undefined {
  if (draws >= 0 && draws <= mostDraws) return draws || undefined;
  throw new InputError([{ field, expected: `an integer in [0, ${mostDraws}]`, got: String(draws) }]);
}

function below(value: number, limit: number, field: string): number {
  if (value >= 0 && value < limit) return value;
  throw new InputError([{ field, expected: `an integer in [0, ${limit})`, got: String(value) }]);
}
