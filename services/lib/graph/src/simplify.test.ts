import { describe, expect, it } from 'vitest';
import { apply } from './apply.ts';
import { add, cast, div, exp, expand, identity, mul, neg, reduceSum, reshape, sub } from './build.ts';
import { differentiate } from './differentiate.ts';
import { createBody, createGraph } from './graph.ts';
import { bodyOf, topologicalOrder } from './order.ts';
import type { OpName } from './signatures.ts';
import { simplify } from './simplify.ts';
import { constant, input, scalarConstant, type Value, vector } from './value.ts';

const x = input('x', ['N', 3]);

function simplified(y: Value): { readonly ops: readonly OpName[]; readonly y: Value } {
  const [output] = simplify(createGraph([x], { y })).outputs;
  if (output === undefined) throw new Error('expected an output');
  return { ops: topologicalOrder([output.value]).map(({ op }) => op), y: output.value };
}

describe('simplify', () => {
  it.each([
    ['adding 0', () => add(exp(x), 0)],
    ['adding to 0', () => add(0, exp(x))],
    ['subtracting 0', () => sub(exp(x), 0)],
    ['multiplying by 1', () => mul(exp(x), 1)],
    ['multiplying by a row of ones', () => mul(exp(x), vector([1, 1, 1]))],
    ['dividing by 1', () => div(exp(x), 1)],
    ['reshaping to the same shape', () => reshape(exp(x), [-1, 3])],
    ['repeating to the same shape', () => expand(exp(x), [1, 3])],
    ['passing on', () => identity(identity(exp(x)))],
  ])('drops %s', (_, build) => {
    expect(simplified(build()).ops).toEqual(['Exp']);
  });

  it.each([
    ['0 that repeats the value', () => add(exp(x), expand(scalarConstant(0), [5, 1, 1]))],
    ['subtracting from 0', () => sub(0, x)],
    ['a row that is not all ones', () => mul(x, vector([1, 1, 2]))],
    ['a change of type', () => cast(x, 'float64')],
  ])('keeps %s', (_, build) => {
    const y = build();
    expect(simplified(y).y.shape).toEqual(y.shape);
    expect(simplified(y).ops).toEqual(topologicalOrder([y]).map(({ op }) => op));
  });

  it('computes equal things once, also by equal constants', () => {
    expect(simplified(add(exp(mul(x, 2)), exp(mul(x, 2)))).ops).toEqual(['Mul', 'Exp', 'Add']);
    expect(simplified(add(reduceSum(x, [1]), reduceSum(x, [-1]))).ops).toEqual(['ReduceSum', 'ReduceSum', 'Add']);
  });

  it('keeps apart what differs in an attribute, a constant or the sign of zero', () => {
    const attributes = add(apply('Softmax', [x], { axis: 0 })[0], apply('Softmax', [x], { axis: 1 })[0]);
    expect(simplified(attributes).ops).toHaveLength(3);
    expect(simplified(add(mul(x, 2), mul(x, 3))).ops).toHaveLength(3);
    const zeros = add(div(x, vector([0])), div(x, vector([-0])));
    expect(simplified(zeros).ops).toHaveLength(3);
  });

  it('does not compare large constants by content', () => {
    const weights = (): Value => constant({ dtype: 'float32', dims: [100, 3], data: new Float32Array(300) });
    const rows = input('x', [100, 3]);
    const graph = createGraph([rows], { y: sub(neg(mul(rows, weights())), mul(rows, weights())) });
    expect(topologicalOrder(simplify(graph).outputs.map(({ value }) => value))).toHaveLength(4);
  });

  it('is done after one pass', () => {
    const loss = reduceSum(mul(exp(mul(x, 1)), add(x, 0)));
    const graph = createGraph([x], { loss, gradient: differentiate(loss, [x])[0] ?? loss });
    const once = simplify(graph);
    const count = (outputs: typeof once.outputs): number => topologicalOrder(outputs.map(({ value }) => value)).length;
    expect(count(simplify(once).outputs)).toBe(count(once.outputs));
  });

  it('shares computations between a loop and what is around it', () => {
    const [iteration, condition, state] = [input('i', [], 'int64'), input('c', [], 'bool'), input('s', ['N', 3])];
    const body = createBody(
      [iteration, condition, state],
      [
        { name: 'condition', value: condition },
        { name: 'state', value: mul(add(state, 0), exp(x)) },
      ],
    );
    const [y] = apply('Loop', [scalarConstant(2, 'int64'), null, exp(x)], { body });
    const { ops, y: result } = simplified(y);
    expect(ops).toEqual(['Exp', 'Loop']);
    const inner = result.source.kind === 'node' ? bodyOf(result.source.node) : undefined;
    expect(inner?.outputs[1]?.value.source).toMatchObject({ node: { op: 'Mul' } });
  });
});
