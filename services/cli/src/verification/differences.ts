import type { Difference } from '@parallax/attacks';
import { FailedCheck } from '../errors/failed-check.ts';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Lines printed at most. */
const mostLines = 20;

/** Prints the first of some differences, and ends the command where there are any. @throws FailedCheck */
export function assertSame(differences: readonly Difference[], file: string, terminal: Terminal): void {
  if (differences.length === 0) return;
  const columns = [{ heading: 'sample', align: 'right' as const }, ...['field', 'expected', 'got'].map(headed)];
  const rows = differences
    .slice(0, mostLines)
    .map(({ sample, field, expected, got }) => [sample === undefined ? '–' : String(sample), field, expected, got]);
  terminal.print(formatTable(columns, rows));
  const left = differences.length - rows.length;
  if (left > 0) terminal.print(`… and ${left} more`);
  const noun = differences.length === 1 ? 'difference' : 'differences';
  throw new FailedCheck([`${file}: ${differences.length} ${noun} between what is recorded and what is found`]);
}

function headed(heading: string) {
  return { heading };
}

/** The entries in which two JSON objects differ, by the names of their keys, under a prefix. */
export function differentEntries(
  prefix: string,
  expected: Readonly<Record<string, unknown>>,
  got: Readonly<Record<string, unknown>>,
): readonly Difference[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(got)])].flatMap((key) => {
    const [before, after] = [expected[key], got[key]];
    const field = `${prefix}${key}`;
    if (isObject(before) && isObject(after)) return differentEntries(`${field}.`, before, after);
    const [recorded, found] = [textOf(before), textOf(after)];
    return recorded === found ? [] : [{ field, expected: recorded, got: found }];
  });
}

/** An object or a list, both by their keys. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
