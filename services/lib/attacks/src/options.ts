import { Violations } from '@parallax/config';
import { parseQuantity } from './quantity.ts';

/** The kinds of value an option takes, and what they are in TypeScript. */
interface OptionTypes {
  readonly real: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly choice: string;
  readonly text: string;
}

export type OptionType = keyof OptionTypes;
export type OptionValue = number | boolean | string;

/** One option, described so that a client can render it as a form field and check it before it sends. */
export interface OptionSchema {
  readonly type: OptionType;
  /** In words, for example `pixels in [0,1]`; empty when there is none. */
  readonly unit: string;
  /** `undefined`: derived from the others, as the documentation says. */
  readonly default: OptionValue | undefined;
  /** Least value accepted. */
  readonly minimum?: number;
  /** Greatest value accepted. */
  readonly maximum?: number;
  readonly choices?: readonly string[];
  readonly documentation: string;
}

/** The unit of lengths that mean the same in another ball when they grow with it. */
export const inNormOfBudget = 'pixels in [0,1], in the norm of the budget';

/** Options by name, in display order. */
export type OptionTable = Readonly<Record<string, OptionSchema>>;

/** What a caller may give: numbers also as text, such as `8/255`. */
export type GivenOptions = Readonly<Record<string, OptionValue>>;

/** The options of a table after parsing: those without a default may be undefined. */
export type OptionsOf<T extends OptionTable> = {
  readonly [K in keyof T]: T[K]['default'] extends OptionValue
    ? OptionTypes[T[K]['type']]
    : OptionTypes[T[K]['type']] | undefined;
};

/**
 * Fills in defaults.
 * @throws InputError naming every option that is unknown, of another type, or out of range.
 */
export function parseOptions<T extends OptionTable>(table: T, given: GivenOptions, field = 'options'): OptionsOf<T> {
  const violations = new Violations();
  const known = Object.keys(table).join(', ') || 'no options';
  for (const [name, value] of Object.entries(given)) {
    violations.expect(Object.hasOwn(table, name), `${field}.${name}`, `one of ${known}`, value);
  }
  const entries = Object.entries(table).map(([name, schema]) => {
    const value = given[name];
    if (value === undefined) return [name, schema.default];
    const parsed = readers[schema.type](value, schema);
    violations.expect(parsed !== undefined, `${field}.${name}`, describeOption(schema), value);
    return [name, parsed];
  });
  violations.throwIfAny();
  return Object.fromEntries(entries) as OptionsOf<T>;
}

type Reader = (value: OptionValue, schema: OptionSchema) => OptionValue | undefined;

/** A value of the wanted type within its bounds, or undefined. */
const readers: { readonly [T in OptionType]: Reader } = {
  real: (value, schema) => {
    const parsed = typeof value === 'boolean' ? undefined : parseQuantity(value);
    return parsed !== undefined && withinBounds(parsed, schema) ? parsed : undefined;
  },
  integer: (value, schema) =>
    typeof value === 'number' && Number.isInteger(value) && withinBounds(value, schema) ? value : undefined,
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  choice: (value, { choices = [] }) => (typeof value === 'string' && choices.includes(value) ? value : undefined),
  text: (value) => (typeof value === 'string' ? value : undefined),
};

function withinBounds(value: number, { minimum = -Infinity, maximum = Infinity }: OptionSchema): boolean {
  return value >= minimum && value <= maximum;
}

function describeOption({ type, minimum, maximum, choices = [] }: OptionSchema): string {
  if (type === 'choice') return `one of ${choices.join(', ')}`;
  const noun = { real: 'a number', integer: 'an integer', boolean: 'true or false', text: 'a text' }[type];
  if (minimum === undefined) return maximum === undefined ? noun : `${noun} up to ${maximum}`;
  return maximum === undefined ? `${noun} from ${minimum} on` : `${noun} from ${minimum} to ${maximum}`;
}
