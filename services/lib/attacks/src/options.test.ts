import { describe, expect, test } from 'vitest';
import { createBall } from './budget.ts';
import { type OptionTable, parseOptions } from './options.ts';
import { attacks, findAttack } from './registry.ts';

const table = {
  count: { type: 'integer', unit: 'steps', default: 10, minimum: 1, maximum: 50, documentation: '' },
  size: { type: 'real', unit: 'pixels', default: undefined, minimum: 0.001, documentation: '' },
  start: { type: 'boolean', unit: '', default: true, documentation: '' },
  law: { type: 'choice', unit: '', default: 'uniform', choices: ['uniform', 'normal'], documentation: '' },
  note: { type: 'text', unit: '', default: '', documentation: '' },
} as const satisfies OptionTable;

test('fills in defaults, and leaves what is derived undefined', () => {
  expect(parseOptions(table, {})).toEqual({ count: 10, size: undefined, start: true, law: 'uniform', note: '' });
});

test('takes fractions for real numbers', () => {
  expect(parseOptions(table, { size: '2/255', count: 3, start: false, law: 'normal', note: 'x' })).toEqual({
    size: 2 / 255,
    count: 3,
    start: false,
    law: 'normal',
    note: 'x',
  });
});

test.each([
  [{ stepz: 1 }, 'options.stepz: expected one of count, size, start, law, note, got 1'],
  [{ toString: 1 }, 'options.toString: expected one of count'],
  [{ count: 0 }, 'options.count: expected an integer from 1 to 50, got 0'],
  [{ count: 1.5 }, 'options.count: expected an integer from 1 to 50, got 1.5'],
  [{ count: '3' }, 'options.count: expected an integer from 1 to 50, got "3"'],
  [{ size: 0 }, 'options.size: expected a number from 0.001 on, got 0'],
  [{ size: true }, 'options.size: expected a number from 0.001 on, got true'],
  [{ start: 1 }, 'options.start: expected true or false, got 1'],
  [{ law: 'cauchy' }, 'options.law: expected one of uniform, normal, got "cauchy"'],
  [{ note: 1 }, 'options.note: expected a text, got 1'],
])('refuses %j by name', (given, message) => {
  expect(() => parseOptions(table, given as never)).toThrow(message);
});

test('names every wrong option at once', () => {
  expect(() => parseOptions(table, { count: 0, start: 1, extra: 2 })).toThrow(
    expect.objectContaining({ violations: [0, 1, 2].map(() => expect.anything()) }),
  );
});

describe('attacks', () => {
  const ball = createBall({ norm: 'linf', epsilon: 8 / 255 }, [3, 32, 32]);

  test('have distinct names, and every bound of every option is one', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
    for (const attack of attacks) {
      for (const [name, { minimum, maximum }] of Object.entries(attack.options)) {
        if (minimum !== undefined) expect(() => attack.bind({ [name]: minimum - 1 }, ball)).toThrow(`options.${name}`);
        if (maximum !== undefined) expect(() => attack.bind({ [name]: maximum + 1 }, ball)).toThrow(`options.${name}`);
      }
    }
  });

  test('are found by name', () => {
    expect(findAttack('apgd-ce').objectiveFixed).toBe(true);
    expect(() => findAttack('pgdd')).toThrow(/^attack: expected one of fgsm, pgd, .*, got "pgdd"$/);
  });

  test('record options completely, what is derived included', () => {
    expect(findAttack('pgd').bind({ steps: 20 }, ball).options).toEqual({
      steps: 20,
      stepSize: (2.5 * ball.epsilon) / 20,
      randomStart: true,
      restarts: 1,
    });
    expect(findAttack('apgd').bind({}, ball).options).toEqual({ steps: 100, restarts: 1 });
    expect(findAttack('apgd-t').bind({}, ball)).toMatchObject({
      options: { steps: 100, restarts: 1, targets: 9 },
      restarts: 1,
      targets: 9,
    });
    expect(findAttack('fgsm').bind({}, ball).options).toEqual({});
  });

  test('refuse options without use', () => {
    expect(() => findAttack('fgsm').bind({ steps: 2 }, ball)).toThrow('options.steps: expected one of no options');
    expect(() => findAttack('pgd').bind({ restarts: 2, randomStart: false }, ball)).toThrow(
      'options.restarts: expected 1 without randomStart',
    );
  });
});
