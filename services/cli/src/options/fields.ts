import { type OptionValue as OptionMessage, OptionValue } from '@parallax/proto/parallax/common/v1/option';
import { z } from 'zod';

// The kinds of option value several commands take. All arrive as text.

/** A number, or an exact fraction such as `8/255`. */
const number = /^(?<numerator>-?\d+(?:\.\d+)?(?:e-?\d+)?)(?:\/(?<denominator>\d+(?:\.\d+)?))?$/i;

/** Reads `0.03` and `8/255`; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  const groups = number.exec(text)?.groups;
  const value = Number(groups?.['numerator']) / Number(groups?.['denominator'] ?? 1);
  return Number.isFinite(value) ? value : undefined;
}

/** A positive number, possibly a fraction. */
export const positive = (expected: string, maximum = Number.POSITIVE_INFINITY) =>
  z.string().transform((text, context) => {
    const value = parseNumber(text);
    if (value !== undefined && value > 0 && value <= maximum) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

/** A list of positive numbers, possibly fractions. */
export const positives = (expected: string) =>
  z.string().transform((text, context) => {
    const values = text.split(',').map((each) => parseNumber(each.trim()) ?? Number.NaN);
    if (values.every((value) => value > 0)) return values;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

/** The radius of a ball; 0 stands for the whole box. */
export const radius = () =>
  z.string().transform((text, context) => {
    const value = text === 'box' ? 0 : parseNumber(text);
    if (value !== undefined && (value > 0 || text === 'box')) return value;
    context.addIssue({ code: 'custom', message: 'a radius greater than 0, such as 8/255, or box' });
    return z.NEVER;
  });

/** A whole number in a range. */
export const integer = (minimum: number, maximum: number) => {
  const expected = `a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, expected);
};

/** A seed. */
export const seed = () => integer(0, Number.MAX_SAFE_INTEGER).transform(BigInt);

/** A list of names with commas between. */
export const names = (what: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .refine((list) => list.every((name) => name !== '') && new Set(list).size === list.length, {
      message: `a list of different ${what}, such as a,b`,
    });

/** Settings `name=value`: an attack's options, a recipe's. Values that look like a number, yes or no are sent as such. */
export const settings = () =>
  z.array(z.string().regex(/^[^=]+=.+$/, 'NAME=VALUE')).transform((entries) =>
    entries.map((entry) => {
      const [name = '', ...rest] = entry.split('=');
      return { name, value: optionValue(rest.join('=')) };
    }),
  );

/** One setting. */
export type Setting = z.output<ReturnType<typeof settings>>[number];

/** Settings as they are sent. */
export function settingsByName(list: readonly Setting[]): { readonly [name: string]: OptionMessage } {
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

/** Collects an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []) => [...before, value];

function optionValue(text: string): OptionMessage {
  if (text === 'true' || text === 'false')
    return OptionValue.create({ value: { $case: 'flag', value: text === 'true' } });
  const value = /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : undefined;
  // Fractions such as 8/255 go as text, which the services read exactly.
  if (value === undefined) return OptionValue.create({ value: { $case: 'text', value: text } });
  return OptionValue.create({ value: { $case: 'number', value } });
}
