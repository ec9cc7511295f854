import { createHash } from 'node:crypto';
import { CorruptDataError } from '@parallax/config';
import type { HeadVerdict, SampleRecord } from './record.ts';

/** Everything needed to run an attack again; what stands in it is the caller's. */
export type RecordHeader = Readonly<Record<string, unknown>>;

export interface RecordFile {
  readonly header: RecordHeader;
  readonly records: readonly SampleRecord[];
}

/** Numbers that JSON has no literal for. */
const literals: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** JSON lines: the header, then one record a line. Seeds beyond 2^53 are written as texts, and so are NaN and infinity. */
export function encodeRecords({ header, records }: RecordFile): string {
  return `${JSON.stringify(header, writable)}\n${recordLines(records)}`;
}

/** sha256 of the lines of records, without their header, in hexadecimal. */
export function digestRecords(records: readonly SampleRecord[]): string {
  return createHash('sha256').update(recordLines(records)).digest('hex');
}

/** The inverse of {@link encodeRecords}. @throws CorruptDataError naming the line that is not what it should be. */
export function decodeRecords(text: string): RecordFile {
  const [first, ...rest] = text.split('\n').filter((line) => line !== '');
  if (first === undefined) throw new CorruptDataError('records: expected a header line, got nothing');
  const file = {
    header: parseLine(first, 1),
    records: rest.map((line, index) => recordOf(parseLine(line, index + 2), index)),
  };
  if (!text.endsWith('\n')) throw new CorruptDataError(`records: line ${rest.length + 1}: expected its end`);
  return file;
}

/** With the fields always in the same order. */
function recordLines(records: readonly SampleRecord[]): string {
  return records.map((record) => `${JSON.stringify(inOrder(record), writable)}\n`).join('');
}

function inOrder(record: SampleRecord): Readonly<Record<string, unknown>> {
  const values: Readonly<Record<string, unknown>> = { ...record };
  return {
    ...Object.fromEntries(Object.keys(fields).map((name) => [name, values[name]])),
    ...(record.heads && { heads: record.heads.map(headInOrder) }),
  };
}

function headInOrder(head: HeadVerdict): Readonly<Record<string, unknown>> {
  const values: Readonly<Record<string, unknown>> = { ...head };
  return Object.fromEntries(Object.keys(headFields).map((name) => [name, values[name]]));
}

function writable(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function parseLine(line: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new CorruptDataError(`records: line ${number}: expected JSON`, { cause: error });
  }
  throw new CorruptDataError(`records: line ${number}: expected an object`);
}

type Kind = 'number' | 'boolean' | 'string' | 'seed' | 'heads';

type Fields<T> = { readonly [F in keyof T]-?: { readonly kind: Kind; readonly optional?: true } };

const fields: Fields<SampleRecord> = {
  sample: { kind: 'number' },
  label: { kind: 'number' },
  target: { kind: 'number', optional: true },
  cleanPrediction: { kind: 'number' },
  cleanCorrect: { kind: 'boolean' },
  robust: { kind: 'boolean' },
  robustUint8: { kind: 'boolean' },
  brokenBy: { kind: 'string' },
  brokenAtStep: { kind: 'number', optional: true },
  prediction: { kind: 'number' },
  predictionUint8: { kind: 'number' },
  verdictVotes: { kind: 'number', optional: true },
  verdictDraws: { kind: 'number', optional: true },
  verdictLower: { kind: 'number', optional: true },
  verdictUpper: { kind: 'number', optional: true },
  loss: { kind: 'number' },
  l0: { kind: 'number' },
  l1: { kind: 'number' },
  l2: { kind: 'number' },
  linf: { kind: 'number' },
  overBudget: { kind: 'boolean' },
  forward: { kind: 'number' },
  backward: { kind: 'number' },
  zeroGradient: { kind: 'number' },
  nanGradient: { kind: 'number' },
  seed: { kind: 'seed' },
  inputSha256: { kind: 'string' },
  outputSha256: { kind: 'string' },
  heads: { kind: 'heads', optional: true },
};

const headFields: Fields<HeadVerdict> = {
  cleanPrediction: { kind: 'number' },
  prediction: { kind: 'number' },
  predictionUint8: { kind: 'number' },
  verdictVotes: { kind: 'number', optional: true },
  verdictDraws: { kind: 'number', optional: true },
};

function recordOf(line: Readonly<Record<string, unknown>>, index: number): SampleRecord {
  const wrong = (field: string, expected: string) => wrongField(index, field, expected);
  // Every field was read by its kind, and none is missing that is not optional.
  return readFields(fields, line, wrong) as unknown as SampleRecord;
}

type Wrong = (field: string, expected: string) => CorruptDataError;

const expectedOf: Readonly<Partial<Record<Kind, string>>> = {
  seed: 'an integer',
  heads: 'at least two verdicts of heads',
};

function readFields<T>(
  known: Fields<T>,
  line: Readonly<Record<string, unknown>>,
  wrong: Wrong,
): Readonly<Record<string, unknown>> {
  const unknown = Object.keys(line).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw wrong(unknown, 'no such field');
  const entries = Object.entries<Fields<T>[keyof T]>(known).flatMap(([name, { kind, ...rest }]) => {
    const value = line[name];
    if (value === undefined && 'optional' in rest) return [];
    const read = readers[kind](value, (field, expected) => wrong(`${name}${field}`, expected));
    if (read === undefined) throw wrong(name, expectedOf[kind] ?? `a ${kind}`);
    return [[name, read]];
  });
  return Object.fromEntries(entries);
}

function wrongField(index: number, field: string, expected: string): CorruptDataError {
  return new CorruptDataError(`records: line ${index + 2}: ${field}: expected ${expected}`);
}

const readers: { readonly [K in Kind]: (value: unknown, wrong: Wrong) => unknown } = {
  number: (value) => (typeof value === 'string' ? literals[value] : typeof value === 'number' ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  string: (value) => (typeof value === 'string' ? value : undefined),
  seed: (value) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
    return typeof value === 'string' && /^[0-9]+$/.test(value) ? BigInt(value) : undefined;
  },
  heads: (value, wrong) => {
    if (!Array.isArray(value) || value.length < 2) return undefined;
    return value.map((head: unknown, index) => {
      if (typeof head !== 'object' || head === null) throw wrong(`[${index}]`, 'the verdict of a head');
      return readFields(headFields, { ...head }, (field, expected) => wrong(`[${index}].${field}`, expected));
    });
  },
};
