import type { GivenOptions, OptionSchema, OptionType as OptionTypeName } from '@parallax/attacks';
import { InputError } from '@parallax/config';
import {
  type OptionSchema as OptionSchemaMessage,
  OptionType,
  type OptionValue,
} from '@parallax/proto/parallax/common/v1/option';

/** Options before a schema has looked at them. @throws InputError for an option without a value. */
export function parseOptionValues(given: Readonly<Record<string, OptionValue>>, field = 'options'): GivenOptions {
  const entries = Object.entries(given).map(([name, { value }]) => {
    if (value !== undefined) return [name, value.value] as const;
    throw new InputError([{ field: `${field}.${name}`, expected: 'a number, a text or a flag', got: 'nothing' }]);
  });
  return Object.fromEntries(entries);
}

/** The inverse of {@link parseOptionValues}. */
export function optionValueMessages(options: GivenOptions): Readonly<Record<string, OptionValue>> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, optionValueMessage(value)]));
}

const types: { readonly [T in OptionTypeName]: OptionType } = {
  real: OptionType.REAL,
  integer: OptionType.INTEGER,
  boolean: OptionType.BOOLEAN,
  choice: OptionType.CHOICE,
  text: OptionType.TEXT,
};

/** The schema of one option. */
export function optionSchemaMessage(name: string, schema: OptionSchema): OptionSchemaMessage {
  return {
    name,
    type: types[schema.type],
    unit: schema.unit,
    defaultValue: schema.default === undefined ? undefined : optionValueMessage(schema.default),
    minimum: schema.minimum,
    maximum: schema.maximum,
    choices: schema.choices ?? [],
    documentation: schema.documentation,
  };
}

function optionValueMessage(value: GivenOptions[string]): OptionValue {
  if (typeof value === 'number') return { value: { $case: 'number', value } };
  return { value: typeof value === 'string' ? { $case: 'text', value } : { $case: 'flag', value } };
}
