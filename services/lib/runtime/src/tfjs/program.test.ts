import { add, createGraph, input, mul, neg, repeat, scalarConstant, tanh } from '@parallax/graph';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';

describe('a program', () => {
  const x = input('x', ['N']);

  it('frees a value with the last step that reads it, and results never', () => {
    const first = tanh(x);
    const second = neg(first);
    const { steps } = createProgram(createGraph([x], { y: add(mul(first, second), first), second }));
    expect(steps.map(({ node, freed }) => [node.op, freed.map((value) => value === x || value === first)])).toEqual([
      ['Tanh', [true]],
      ['Neg', []],
      ['Mul', []],
      ['Add', [false, true]],
    ]);
  });

  it('keeps what a loop takes from around it until the loop is over', () => {
    const outside = tanh(x);
    const { state } = repeat(scalarConstant(2, 'int64'), { state: x }, (_, state) => ({
      state: mul(state.state, outside),
    }));
    const { steps } = createProgram(createGraph([x], { y: state }));
    expect(steps.map(({ node, freed }) => [node.op, freed])).toEqual([
      ['Tanh', []],
      ['Loop', [x, outside]],
    ]);
    const body = steps[1]?.kind === 'loop' ? steps[1].body : undefined;
    expect(body?.steps.flatMap(({ freed }) => freed)).not.toContain(outside);
  });
});
