import { describe, expect, it } from 'vitest';
import { InputError, NotFoundError } from './errors.ts';
import { parseAll, within } from './parse-all.ts';

function refuse(field: string): never {
  throw new InputError([{ field, expected: 'something else', got: 'this' }]);
}

function fieldsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError) return error.violations.map(({ field }) => field);
    throw error;
  }
  return [];
}

describe('parseAll', () => {
  it('returns what every parser made', () => {
    expect(parseAll({ a: () => 1, b: () => 'two' })).toEqual({ a: 1, b: 'two' });
  });

  it('reports the violations of all parsers at once', () => {
    expect(fieldsOf(() => parseAll({ a: () => refuse('a'), b: () => 1, c: () => refuse('c') }))).toEqual(['a', 'c']);
  });

  it('passes on errors that are about something else', () => {
    const parsers = {
      a: () => refuse('a'),
      b: () => {
        throw new NotFoundError('no such encoder');
      },
    };
    expect(() => parseAll(parsers)).toThrow(NotFoundError);
  });
});

describe('within', () => {
  it('puts fields below a prefix', () => {
    expect(fieldsOf(() => within('attack', () => refuse('budget.epsilon')))).toEqual(['attack.budget.epsilon']);
  });

  it('waits for asynchronous parsers', async () => {
    expect(await within('attack', async () => 1)).toBe(1);
    const refused = within('attack', async () => refuse('name'));
    await expect(refused).rejects.toThrow('attack.name: expected something else');
  });
});
