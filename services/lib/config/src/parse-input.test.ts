import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InputError } from './errors.ts';
import { parseInput } from './parse-input.ts';
import { Violations } from './violations.ts';

const plan = z.strictObject({
  encoders: z.array(z.strictObject({ name: z.string().min(1), epochs: z.int().positive() })).min(1),
  rate: z.number().lt(1),
});

describe('parseInput', () => {
  it('returns what fits', () => {
    const input = { encoders: [{ name: 'a', epochs: 3 }], rate: 0.5 };
    expect(parseInput(plan, input)).toEqual(input);
  });

  it('names every field that does not', () => {
    const input = { encoders: [{ name: '', epochs: 0.5, colour: 'red' }], rate: 1 };
    expect(() => parseInput(plan, input)).toThrow(
      new InputError([
        { field: 'encoders.0.name', expected: 'at least 1 characters', got: '""' },
        { field: 'encoders.0.epochs', expected: 'an integer', got: '0.5' },
        { field: 'encoders.0.colour', expected: 'no such field', got: '"red"' },
        { field: 'rate', expected: 'less than 1', got: '1' },
      ]),
    );
  });
});

describe('Violations', () => {
  it('is silent when all is well', () => {
    const violations = new Violations();
    expect(violations.expect(true, 'a', 'b', 1)).toBe(true);
    expect(() => violations.throwIfAny()).not.toThrow();
  });

  it('throws all of them at once', () => {
    const violations = new Violations();
    violations.expect(false, 'seed', 'an integer ≥ 0', -1n);
    violations.include([{ field: 'epsilon', expected: '> 0', got: '0' }], 'attack.budget');
    expect(() => violations.throwIfAny()).toThrow(
      'seed: expected an integer ≥ 0, got -1; attack.budget.epsilon: expected > 0, got 0',
    );
  });
});
