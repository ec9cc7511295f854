import process from 'node:process';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { InputError, type Violation } from './errors.ts';
import { parseInput } from './parse-input.ts';

/** Where configuration comes from. */
export interface ConfigSources {
  /** Arguments after the program's name; default: those of this process. */
  readonly argv?: readonly string[];
  /** Environment; default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The configuration is wrong. The message has one line for each bad key; a program that gets it exits with status 2. */
export class ConfigError extends InputError {
  override readonly name = 'ConfigError';

  constructor(violations: readonly Violation[]) {
    super(violations);
    const count = violations.length === 1 ? '1 configuration error' : `${violations.length} configuration errors`;
    const lines = violations.map(({ field, expected, got }) => `  ${field}: expected ${expected}, got ${got}`);
    this.message = [count, ...lines].join('\n');
  }
}

/**
 * Reads the configuration of a process: for each key of the schema the flag `--kebab-case`, else the environment
 * variable, else the schema's default. An empty environment variable counts as absent.
 *
 * @throws ConfigError that names every bad key, unknown flag and stray argument at once.
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  { argv = process.argv.slice(2), env = process.env }: ConfigSources = {},
): z.output<Schema> {
  const keys = Object.keys(schema.shape);
  const { flags, violations } = readFlags(keys, argv);
  const input: Record<string, string> = {};
  for (const key of keys) {
    const value = flags[key] ?? env[variableOf(schema, key)];
    if (value !== undefined && value !== '') input[key] = value;
  }
  return reporting(schema, violations, () => parseInput(schema, input));
}

/** One line for each key: flag, variable, meaning, default. */
export function describeConfig(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([key, field]) => {
    const standard = field.safeParse(undefined);
    const value = standard.success && typeof standard.data !== 'object' ? standard.data : undefined;
    const suffix = value === undefined ? '' : ` (default ${String(value)})`;
    return [flagOf(key), variableOf(schema, key), `${metadata(field)?.description ?? ''}${suffix}`] as const;
  });
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  return rows
    .map(([flag, variable, meaning]) => `  ${flag.padEnd(width(0))}  ${variable.padEnd(width(1))}  ${meaning}`)
    .join('\n');
}

function readFlags(keys: readonly string[], argv: readonly string[]) {
  const options = Object.fromEntries(keys.map((key) => [kebab(key), { type: 'string' as const }]));
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const byFlag = new Map(keys.map((key) => [kebab(key), key]));
  const flags: Record<string, string> = {};
  const violations: Violation[] = [];
  // What follows an unknown flag was meant as its value: one mistake, not two.
  let valueOfUnknown = -1;
  for (const token of tokens) {
    if (token.kind === 'option-terminator' || token.index === valueOfUnknown) continue;
    if (token.kind === 'positional') {
      violations.push({ field: 'arguments', expected: 'only --options', got: JSON.stringify(token.value) });
      continue;
    }
    const key = byFlag.get(token.name);
    if (key === undefined) {
      violations.push({ field: token.rawName, expected: `one of ${keys.map(flagOf).join(', ')}`, got: token.rawName });
      valueOfUnknown = token.index + 1;
    } else if (token.value === undefined) {
      violations.push({ field: token.rawName, expected: 'a value', got: 'nothing' });
    } else {
      flags[key] = token.value;
    }
  }
  return { flags, violations };
}

/** Runs `parse`, and joins its violations, named as the user knows the keys, to those found before. */
function reporting<T>(schema: z.ZodObject, before: readonly Violation[], parse: () => T): T {
  try {
    const parsed = parse();
    if (before.length === 0) return parsed;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const named = error.violations.map((violation) => ({
      ...violation,
      field: `${flagOf(violation.field)} (${variableOf(schema, violation.field)})`,
    }));
    throw new ConfigError([...before, ...named]);
  }
  throw new ConfigError(before);
}

function variableOf(schema: z.ZodObject, key: string): string {
  const named = metadata(schema.shape[key])?.['env'];
  return typeof named === 'string' ? named : `PARALLAX_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

function metadata(field: z.core.$ZodType | undefined) {
  return (field as z.ZodType | undefined)?.meta();
}

function flagOf(key: string): string {
  return `--${kebab(key)}`;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
