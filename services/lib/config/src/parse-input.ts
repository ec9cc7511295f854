import type { z } from 'zod';
import { InputError, type Violation } from './errors.ts';
import { describeValue } from './violations.ts';

/**
 * Reads untrusted data by a schema.
 *
 * @throws InputError with one violation for each field that is wrong, unknown or missing.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new InputError(result.error.issues.flatMap((issue) => violationsOf(issue, input)));
}

function violationsOf(issue: z.core.$ZodIssue, input: unknown): Violation[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { field: path.join('.'), expected: 'no such field', got: describeValue(valueAt(input, path)) };
    });
  }
  const got = describeValue(valueAt(input, issue.path));
  return [{ field: issue.path.join('.'), expected: expectationOf(issue), got }];
}

/** What would have been right, in words that follow "expected". */
function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return withArticle(issue.expected === 'int' ? 'integer' : issue.expected);
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return bound('at least', 'greater than', issue.minimum, issue);
    case 'too_big':
      return bound('at most', 'less than', issue.maximum, issue);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      // A schema that brings its own words knows better than the name of the format.
      return issue.message.startsWith('Invalid') ? withArticle(issue.format) : issue.message;
    default:
      return issue.message;
  }
}

function bound(
  inclusive: string,
  exclusive: string,
  limit: number | bigint,
  issue: { readonly origin: string; readonly inclusive?: boolean },
): string {
  const relation = issue.inclusive === false ? exclusive : inclusive;
  if (issue.origin === 'string') return `${relation} ${limit} characters`;
  if (issue.origin === 'array') return `${relation} ${limit} entries`;
  return `${relation} ${limit}`;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}
