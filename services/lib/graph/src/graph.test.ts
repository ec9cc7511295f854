import { describe, expect, it } from 'vitest';
import { apply } from './apply.ts';
import { add, mul, neg } from './build.ts';
import { createBody, createGraph, freeInputs } from './graph.ts';
import { captured, topologicalOrder } from './order.ts';
import { input, scalarConstant, type Value, vector } from './value.ts';

const [a, b] = [input('a', [2]), input('b', [2])];

describe('createGraph', () => {
  it('keeps inputs and outputs in order', () => {
    const graph = createGraph([b, a], { second: b, first: add(a, b) });
    expect(graph.inputs).toEqual([b, a]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['second', 'first']);
  });

  it('refuses two inputs of one name', () => {
    expect(() => createGraph([a, input('a', [3])], { y: a })).toThrow(
      'graph: input a: expected distinct names, got it twice',
    );
  });

  it('refuses an input that is used but not listed', () => {
    expect(() => createGraph([a], { y: add(a, neg(b)) })).toThrow('graph: input b: used but not listed');
  });

  it('refuses an output named like an input', () => {
    expect(() => createGraph([a], { a: neg(a) })).toThrow(/a/);
  });

  it('refuses a computed value as an input', () => {
    expect(() => createGraph([neg(a)], { y: a })).toThrow('graph: expected an input, got a computed value');
  });
});

describe('order', () => {
  it('puts every node after what it needs, once', () => {
    const shared = neg(a);
    const order = topologicalOrder([add(mul(shared, shared), shared)]);
    expect(order.map(({ op }) => op)).toEqual(['Neg', 'Mul', 'Add']);
  });

  it('does not run out of stack on deep graphs', () => {
    let deep: Value = a;
    for (let depth = 0; depth < 50_000; depth++) deep = neg(deep);
    expect(topologicalOrder([deep])).toHaveLength(50_000);
    expect(freeInputs([deep])).toEqual([a]);
  });
});

describe('the body of a loop', () => {
  const [iteration, condition, state] = [input('i', [], 'int64'), input('c', [], 'bool'), input('s', [2])];
  const outside = neg(b);
  const next = add(mul(state, outside), vector([1, 2]));
  const body = createBody(
    [iteration, condition, state],
    [
      { name: 'condition', value: condition },
      { name: 'state', value: next },
    ],
  );

  it('captures what it takes from outside, computed there, without constants', () => {
    expect(captured(body)).toEqual([outside]);
  });

  it('makes the loop depend on what it captures', () => {
    const [y] = apply('Loop', [scalarConstant(3, 'int64'), null, a], { body });
    expect(new Set(freeInputs([y]))).toEqual(new Set([a, b]));
    expect(() => createGraph([a], { y })).toThrow('graph: input b: used but not listed');
  });
});
